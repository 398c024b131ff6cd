package store

import (
	"context"
	"encoding/hex"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// S3 is a bucket of a store that speaks S3.
type S3 struct {
	client *s3.Client
	bucket string
}

// stall is how long a connection may make no progress. There is no limit on a whole
// request: 16 MB over a modem take an hour.
const stall = 60 * time.Second

// NewS3 returns the bucket. Credentials, region and endpoint are those of the AWS
// tools: environment, files below ~/.aws, roles; AWS_ENDPOINT_URL names another
// store than Amazon's, and then the bucket is part of the path. Nothing is sent.
func NewS3(ctx context.Context, bucket string) (*S3, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(client()),
		// The caller sees each try, and decides about the next.
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		// Bodies are signed with their SHA-256; trailers are what older stores refuse.
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
	)
	if err != nil {
		return nil, &Error{"read the settings for", "s3://" + bucket, Refused, err}
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	custom := cfg.BaseEndpoint != nil || os.Getenv("AWS_ENDPOINT_URL") != "" || os.Getenv("AWS_ENDPOINT_URL_S3") != ""
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = custom })
	return &S3{client, bucket}, nil
}

// client returns what carries requests. A buildable one honours AWS_CA_BUNDLE.
func client() *awshttp.BuildableClient {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.TLSHandshakeTimeout = 10 * time.Second
		t.MaxIdleConnsPerHost = 8
		t.IdleConnTimeout = 30 * time.Second
		t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &progressConn{conn}, nil
		}
	})
}

// progressConn fails when neither direction makes progress for the time stall.
type progressConn struct{ net.Conn }

func (c *progressConn) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *progressConn) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// List is Store's.
func (s *S3) List(ctx context.Context, prefix, after string, delimiter bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix}
		if after != "" {
			in.StartAfter = &after
		}
		if delimiter {
			in.Delimiter = aws.String("/")
		}
		for {
			out, err := s.client.ListObjectsV2(ctx, in)
			if err != nil {
				yield(Entry{}, s.error("list", prefix, err))
				return
			}
			for _, e := range merge(out) {
				if !yield(e, nil) {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) || out.NextContinuationToken == nil {
				return
			}
			in.ContinuationToken = out.NextContinuationToken
		}
	}
}

// merge returns a page's objects and prefixes in order.
func merge(out *s3.ListObjectsV2Output) []Entry {
	var all []Entry
	objects, prefixes := out.Contents, out.CommonPrefixes
	for len(objects)+len(prefixes) > 0 {
		if len(prefixes) == 0 || len(objects) > 0 && aws.ToString(objects[0].Key) < aws.ToString(prefixes[0].Prefix) {
			all = append(all, Entry{Key: aws.ToString(objects[0].Key), Size: aws.ToInt64(objects[0].Size)})
			objects = objects[1:]
		} else {
			all = append(all, Entry{Key: aws.ToString(prefixes[0].Prefix), Prefix: true})
			prefixes = prefixes[1:]
		}
	}
	return all
}

// Get is Store's.
func (s *S3) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	if n == 0 {
		return http.NoBody, nil
	}
	if off > 0 || n > 0 {
		r := "bytes=" + strconv.FormatInt(off, 10) + "-"
		if n > 0 {
			r += strconv.FormatInt(off+n-1, 10)
		}
		in.Range = &r
	}
	out, err := s.client.GetObject(ctx, in)
	if err != nil {
		return nil, s.error("get", key, err)
	}
	return &body{out.Body, s, key}, nil
}

// body is an answer's, with errors as the others.
type body struct {
	io.ReadCloser
	s   *S3
	key string
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = b.s.error("get", b.key, err)
	}
	return n, err
}

// Head is Store's.
func (s *S3) Head(ctx context.Context, key string) (Object, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return Object{}, s.error("look at", key, err)
	}
	return Object{Size: aws.ToInt64(out.ContentLength), Meta: out.Metadata}, nil
}

// PutNew is Store's.
func (s *S3) PutNew(ctx context.Context, key string, b Body, meta map[string]string) error {
	ctx = v4.SetPayloadHash(ctx, hex.EncodeToString(b.SHA256[:]))
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, Metadata: meta, IfNoneMatch: aws.String("*"),
		Body: b.Reader(), ContentLength: &b.Size, ContentType: aws.String("application/octet-stream"),
	})
	return s.error("put", key, err)
}

// maxDelete is how many keys one request may delete.
const maxDelete = 1000

// Delete is Store's.
func (s *S3) Delete(ctx context.Context, keys ...string) error {
	for len(keys) > 0 {
		part := keys[:min(len(keys), maxDelete)]
		keys = keys[len(part):]
		if err := s.delete(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (s *S3) delete(ctx context.Context, keys []string) error {
	if len(keys) > 1 {
		ids := make([]types.ObjectIdentifier, len(keys))
		for i := range keys {
			ids[i].Key = &keys[i]
		}
		out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &s.bucket, Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(true)}})
		switch {
		case err == nil && len(out.Errors) > 0:
			first := out.Errors[0]
			return &Error{"delete", aws.ToString(first.Key), kindOfCode(aws.ToString(first.Code), 0),
				errorText(aws.ToString(first.Code) + ": " + aws.ToString(first.Message))}
		case err == nil:
			return nil
		case !Is(s.error("delete", keys[0], err), Unsupported):
			return s.error("delete", keys[0], err)
		}
	}
	for _, key := range keys { // as stores want it that know no other way
		if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key}); err != nil {
			return s.error("delete", key, err)
		}
	}
	return nil
}
