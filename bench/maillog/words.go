package maillog

import "strconv"

// The lines of one connection, in order.
var (
	tcpStatus = compile("tcpserver: status: {sessions}/40")
	tcpPID    = compile("tcpserver: pid {pid} from {peer}")
	tcpOK     = compile("tcpserver: ok {pid} mx.example.org:198.51.100.25:25 {host}:{peer}::{port}")
	tcpDeny   = compile("tcpserver: deny {pid} mx.example.org:198.51.100.25:25 {host}:{peer}::{port}")
	tcpEnd    = compile("tcpserver: end {pid} status {exit}")

	blocked   = compile("rblsmtpd: {peer} pid {pid}: 451 http://bl.example.net/lookup?ip={peer}")
	accepted  = compile("qmail-smtpd: pid {pid} Accept::RCPT::Rcpthosts_Rcptto P:ESMTP S:{peer}:{host} H:{host} F:{from} T:{to}")
	rejection = [...]template{
		compile("qmail-smtpd: pid {pid} Reject::RCPT::Failed_Rcptto P:ESMTP S:{peer}:{host} H:{host} F:{from} T:{to}"),
		compile("qmail-smtpd: pid {pid} Reject::SNDR::Invalid_Relay P:SMTP S:{peer}:{host} H:{host} F:{from} T:{to}"),
		compile("qmail-smtpd: pid {pid} Reject::SNDR::DNS_MF P:ESMTP S:{peer}:{host} H:{host} F:{from}"),
	}
)

// The lines of one message, in order.
var (
	newMsg    = compile("new msg {msg}")
	infoMsg   = compile("info msg {msg}: bytes {size} from <{from}> qp {qp} uid {uid}")
	starting  = compile("starting delivery {delivery}: msg {msg} to {side} {to}")
	status    = compile("status: local {nlocal}/10 remote {nremote}/120")
	bounceMsg = compile("bounce msg {msg} qp {qp}")
	endMsg    = compile("end msg {msg}")
)

// How deliveries end, by side (0 is local). Frequent ones stand more than once.
var (
	successes = [2][]template{{
		compile("delivery {delivery}: success: did_0+0+1/"),
		compile("delivery {delivery}: success: did_0+0+1/"),
		compile("delivery {delivery}: success: did_1+0+0/"),
		compile("delivery {delivery}: success: did_0+1+1/qp_{random}/"),
	}, {
		compile("delivery {delivery}: success: {server}_accepted_message./Remote_host_said:_250_ok_{random}_qp_{qp}/"),
		compile("delivery {delivery}: success: {server}_accepted_message./Remote_host_said:_250_2.0.0_Ok:_queued_as_{random}/"),
		compile("delivery {delivery}: success: {server}_accepted_message./Remote_host_said:_250_OK_id={random}/"),
		compile("delivery {delivery}: success: {server}_accepted_message./Remote_host_said:_250_2.6.0_<{random}.{qp}@mx.example.org>_[InternalId={random},_Hostname=AM9PR{qp}.prod.example.com]_Queued_mail_for_delivery/"),
	}}
	deferrals = [2][]template{{
		compile("delivery {delivery}: deferral: Unable_to_chdir_to_maildir._(#4.2.1)/"),
		compile("delivery {delivery}: deferral: Temporary_error_on_maildir_delivery._(#4.3.0)/"),
	}, {
		compile("delivery {delivery}: deferral: Sorry,_I_couldn't_find_any_host_by_that_name._(#4.1.2)/"),
		compile("delivery {delivery}: deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/"),
		compile("delivery {delivery}: deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/"),
		compile("delivery {delivery}: deferral: CNAME_lookup_failed_temporarily._(#4.4.3)/"),
		compile("delivery {delivery}: deferral: Connected_to_{server}_but_greeting_failed./Remote_host_said:_421_4.3.2_Too_many_connections/"),
		compile("delivery {delivery}: deferral: {server}_does_not_like_recipient./Remote_host_said:_450_4.2.0_<{to}>:_Recipient_address_rejected:_Greylisted/Giving_up_on_{server}./"),
	}}
	failures = [2][]template{{
		compile("delivery {delivery}: failure: Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/"),
		compile("delivery {delivery}: failure: This_message_is_looping:_it_already_has_my_Delivered-To_line._(#5.4.6)/"),
	}, {
		compile("delivery {delivery}: failure: {server}_does_not_like_recipient./Remote_host_said:_550_5.1.1_<{to}>:_User_unknown/Giving_up_on_{server}./"),
		compile("delivery {delivery}: failure: Sorry,_I_couldn't_find_any_host_named_{host}._(#5.1.2)/"),
		compile("delivery {delivery}: failure: {server}_failed_after_I_sent_the_message./Remote_host_said:_550-5.7.26_This_mail_has_been_blocked_because_the_sender_is" +
			"_unauthenticated./550-5.7.26_The_sender_must_authenticate_with_either_SPF_or_DKIM./550-5.7.26_/550-5.7.26__Authentication_results:/550-5.7.26__DKIM_=_did_not_pass/" +
			"550-5.7.26__SPF_[{from}]_with_ip:_[198.51.100.25]_=_did_not_pass/550_5.7.26_see_https://mail.example.com/authentication/{random}_-_gsmtp/"),
	}}
	// tooLong replaces a deferral of a message that is not tried any more.
	tooLong = compile("delivery {delivery}: failure: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/" +
		"I'm_not_going_to_try_again;_this_message_has_been_in_the_queue_too_long./")
)

var users = [...]string{
	"alice", "bob", "carol", "dave.smith", "erin", "frank", "grace", "heidi.larsen", "ivan", "judy", "mallory", "niaj", "olivia.brown", "peggy",
	"rupert", "sybil", "trent", "victor", "wendy", "info", "sales", "support", "postmaster", "noreply", "j.doe", "max.mustermann",
	"newsletter-return-4711-bob=example.org", "bounces+2187-5f3a-alice=example.org", "owner-announce", "accounts.payable", "hr", "it", "abuse",
	"root", "www-data", "prvs=0412a7c3d9=customer.service", "bounce-md_30512.66f1c2a9.v1-8d41c0", "do-not-reply", "order-confirmation",
}

// domains are other people's, localDomains are the exchanger's own.
var (
	domains = [...]string{
		"example.com", "example.net", "mail.example.com", "lists.example.net", "shop.example.com", "newsletter.example.net", "acme.example",
		"students.uni.example", "isp.example", "customers.isp.example", "mx2.example.net", "acme-engineering.example", "cs.uni.example",
		"mta-7.bulk.example.com",
	}
	localDomains = [...]string{"example.org", "mail.example.org", "lists.example.org", "departments.example.org"}
	hosts        = [...]string{
		"mail.example.com", "mx2.example.net", "mail-pf1-f176.out.acme.example", "out-17.bulk.example.com", "relay.uni.example",
		"static-pool-33.dialup.isp.example", "mta-out-04.newsletter.example.net", "", "ec2-eu-central-1a.compute.isp.example", "lists.example.net",
	}
)

// networks are RFC 5737's.
var ips = func() (ips []string) {
	for _, network := range [...]string{"192.0.2.", "198.51.100.", "203.0.113."} {
		for i := 1; i < 255; i++ {
			ips = append(ips, network+strconv.Itoa(i))
		}
	}
	return ips
}()
