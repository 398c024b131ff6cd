package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// fake starts a server that answers as answer does, and returns a bucket in it.
func fake(t *testing.T, answer http.HandlerFunc) *S3 {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return bucketAt(t, server.URL)
}

func bucketAt(t *testing.T, url string) *S3 {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_CA_BUNDLE": "", "HTTP_PROXY": "", "http_proxy": "",
	} {
		t.Setenv(name, value)
	}
	s, err := NewS3(context.Background(), "logs")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(s Store) error {
	text := "text"
	return s.PutNew(context.Background(), "key", Body{strings.NewReader(text), int64(len(text)), sha256.Sum256([]byte(text))}, map[string]string{"lines": "1"})
}

// Every answer of a store is an error of a kind that tells what to do.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		kind   Kind
	}{
		{412, "PreconditionFailed", Exists},
		{409, "ConditionalRequestConflict", Busy},
		{404, "NoSuchBucket", NoBucket},
		{404, "NoSuchKey", NotFound},
		{403, "AccessDenied", Denied},
		{403, "InvalidAccessKeyId", BadCredentials},
		{403, "SignatureDoesNotMatch", BadCredentials},
		{403, "RequestTimeTooSkewed", Clock},
		{503, "SlowDown", Busy},
		{500, "InternalError", Busy},
		{507, "InsufficientStorage", Full},
		{507, "XMinioStorageFull", Full},
		{403, "QuotaExceeded", Full},
		{501, "NotImplemented", Unsupported},
		{400, "EntityTooLarge", Refused},
		{400, "BadDigest", Unknown},
	} {
		s := fake(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>so it is</Message></Error>", c.code)
		})
		err := put(s)
		if err == nil || KindOf(err) != c.kind || !strings.Contains(err.Error(), "unable to put ") || !strings.Contains(err.Error(), c.code) {
			t.Errorf("%d %s: kind %d, %v", c.status, c.code, KindOf(err), err)
		}
	}
}

// HEAD has no body, so the status alone must do.
func TestKindsOfHead(t *testing.T) {
	for status, kind := range map[int]Kind{404: NotFound, 403: Denied, 503: Busy, 507: Full} {
		s := fake(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })
		if _, err := s.Head(context.Background(), "key"); KindOf(err) != kind || err == nil {
			t.Errorf("%d: kind %d, %v", status, KindOf(err), err)
		}
	}
}

// A server that closes the connection may have done what was asked.
func TestNoAnswer(t *testing.T) {
	s := fake(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	if err := put(s); !Is(err, Unknown) {
		t.Errorf("kind %d, %v", KindOf(err), err)
	}
	s = fake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("half"))
	})
	body, err := s.Get(context.Background(), "key", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(body); !Is(err, Unknown) {
		t.Errorf("half a body: kind %d, %v", KindOf(err), err)
	}
}

func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	if err := put(bucketAt(t, server.URL)); !Is(err, Unreachable) {
		t.Errorf("kind %d, %v", KindOf(err), err)
	}
}

func TestNoCredentials(t *testing.T) {
	s := fake(t, func(w http.ResponseWriter, r *http.Request) { t.Error("a request without credentials") })
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	s, err := NewS3(context.Background(), s.bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(s); !Is(err, NoCredentials) || !strings.Contains(err.(*Error).Advice(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("kind %d, %v", KindOf(err), err)
	}
}

// What a put sends: the condition, the hash that was given, the metadata, no trailer.
func TestPutRequest(t *testing.T) {
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sum := fmt.Sprintf("%x", sha256.Sum256(body))
		for name, want := range map[string]string{"If-None-Match": "*", "X-Amz-Content-Sha256": sum, "X-Amz-Meta-Lines": "1", "X-Amz-Trailer": ""} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if r.URL.Path != "/logs/key" || string(body) != "text" {
			t.Errorf("%s with %q", r.URL.Path, body)
		}
	})
	if err := put(s); err != nil {
		t.Error(err)
	}
}

// A listing is in order, prefixes among keys, over several pages.
func TestList(t *testing.T) {
	pages := map[string]string{
		"":  `<IsTruncated>true</IsTruncated><NextContinuationToken>2</NextContinuationToken><Contents><Key>a</Key><Size>7</Size></Contents><Contents><Key>c</Key></Contents><CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>`,
		"2": `<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>`,
	}
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<ListBucketResult>%s</ListBucketResult>", pages[r.FormValue("continuation-token")])
	})
	got := ""
	for e, err := range s.List(context.Background(), "", "", true) {
		if err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprint(e.Key, " ", e.Size, " ", e.Prefix, ", ")
	}
	if want := "a 7 false, b/ 0 true, c 0 false, d/ 0 true, "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Where many can't be deleted at once, they are deleted one by one.
func TestDelete(t *testing.T) {
	var deleted []string
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(501)
			return
		}
		deleted = append(deleted, r.URL.Path)
		w.WriteHeader(204)
	})
	if err := s.Delete(context.Background(), "a", "b"); err != nil || fmt.Sprint(deleted) != "[/logs/a /logs/b]" {
		t.Errorf("%v, %v", deleted, err)
	}
	s = fake(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>")
	})
	if err := s.Delete(context.Background(), "a", "b"); !Is(err, Denied) {
		t.Errorf("%v", err)
	}
}

// Probe tells stores that honour If-None-Match from those that don't, for which it
// asks before each put.
func TestProbe(t *testing.T) {
	for _, conditional := range []bool{true, false} {
		puts, heads := 0, 0
		s := fake(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodHead:
				heads++
			case puts > 0 && conditional:
				w.WriteHeader(412)
			default:
				puts++
			}
		})
		probed, got, err := Probe(context.Background(), s, "probe")
		if err != nil || got != conditional {
			t.Fatalf("%v, %v", got, err)
		}
		if err := put(probed); !Is(err, Exists) || (heads == 0) == !conditional {
			t.Errorf("conditional %v: %v after %d HEADs", conditional, err, heads)
		}
	}
}
