package store

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// errorText is an error that is nothing but a text.
type errorText string

func (e errorText) Error() string { return string(e) }

// error turns what the client says into an *Error.
func (s *S3) error(op, key string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	kind, text := classify(err)
	if kind == NoBucket {
		key = "s3://" + s.bucket + "/" + key
	}
	return &Error{op, key, kind, cause{text, err}}
}

// cause is a client's error with a shorter text.
type cause struct {
	text string
	err  error
}

func (c cause) Error() string { return c.text }
func (c cause) Unwrap() error { return c.err }

// classify returns the kind of a client's error, and the part of its text that a
// person needs.
func classify(err error) (Kind, string) {
	var api smithy.APIError
	var answer *smithyhttp.ResponseError
	status := 0
	if errors.As(err, &answer) {
		status = answer.HTTPStatusCode()
	}
	if errors.As(err, &api) {
		text := api.ErrorCode()
		if m := api.ErrorMessage(); m != "" && m != text {
			text += ": " + m
		}
		return kindOfCode(api.ErrorCode(), status), text
	}
	if status >= 400 {
		return kindOfCode("", status), http.StatusText(status)
	}
	if text := err.Error(); strings.Contains(text, "failed to refresh cached credentials") ||
		strings.Contains(text, "get identity") || strings.Contains(text, "static credentials are empty") {
		return NoCredentials, last(err).Error()
	}
	if errors.Is(err, context.Canceled) {
		return Unknown, "given up"
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED) {
		return Unreachable, last(err).Error()
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return Unreachable, name.Error()
	}
	return Unknown, last(err).Error()
}

// last returns the innermost error, which says what happened; those around it say
// which layers of the client it came through.
func last(err error) error {
	for {
		if op, ok := err.(*net.OpError); ok {
			return op
		}
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// codes are the errors that stores name. Where one name means different things at
// different stores, the HTTP status decides.
var codes = map[string]Kind{
	"PreconditionFailed":             Exists,
	"ConditionalRequestConflict":     Busy,
	"OperationAborted":               Busy,
	"NoSuchKey":                      NotFound,
	"NotFound":                       NotFound,
	"NoSuchBucket":                   NoBucket,
	"AccessDenied":                   Denied,
	"AllAccessDisabled":              Denied,
	"Forbidden":                      Denied,
	"InvalidAccessKeyId":             BadCredentials,
	"InvalidAccessKey":               BadCredentials,
	"SignatureDoesNotMatch":          BadCredentials,
	"ExpiredToken":                   BadCredentials,
	"InvalidToken":                   BadCredentials,
	"RequestTimeTooSkewed":           Clock,
	"RequestExpired":                 Clock,
	"SlowDown":                       Busy,
	"ServiceUnavailable":             Busy,
	"InternalError":                  Busy,
	"TooManyRequests":                Busy,
	"RequestTimeout":                 Unknown,
	"IncompleteBody":                 Unknown,
	"BadDigest":                      Unknown,
	"XAmzContentSHA256Mismatch":      Unknown,
	"QuotaExceeded":                  Full,
	"XMinioStorageFull":              Full,
	"XMinioAdminBucketQuotaExceeded": Full,
	"InsufficientStorage":            Full,
	"StorageFull":                    Full,
	"NotImplemented":                 Unsupported,
	"MethodNotAllowed":               Unsupported,
	"XNotImplemented":                Unsupported,
	"InvalidBucketName":              NoBucket,
	"PermanentRedirect":              Refused,
	"AuthorizationHeaderMalformed":   Refused,
	"InvalidRange":                   AtEnd,
	"EntityTooLarge":                 Refused,
	"KeyTooLongError":                Refused,
}

func kindOfCode(code string, status int) Kind {
	if kind, ok := codes[code]; ok {
		return kind
	}
	switch {
	case status == http.StatusPreconditionFailed:
		return Exists
	case status == http.StatusNotFound:
		return NotFound
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return Denied
	case status == http.StatusInsufficientStorage:
		return Full
	case status == http.StatusNotImplemented, status == http.StatusMethodNotAllowed:
		return Unsupported
	case status == http.StatusRequestedRangeNotSatisfiable:
		return AtEnd
	case status == http.StatusRequestTimeout:
		return Unknown
	case status == http.StatusTooManyRequests, status == http.StatusConflict, status >= 500:
		return Busy
	case status >= 400:
		return Refused
	}
	return Unknown
}
