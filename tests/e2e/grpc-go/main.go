// SPDX-License-Identifier: Apache-2.0

// Command grpc-go is Google's gRPC for Go at the other end of our sockets, with unusual habits. Messages travel as
// raw bytes, so that they can be wrong.
//
//	grpc-go ask SOCKET LATE REFUSING   a client of three scripted daemons (tests/tools/fakeipamd.c)
//	grpc-go serve SOCKET               a daemon for our client
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

type raw struct{}

func (raw) Marshal(v any) ([]byte, error)   { return *v.(*[]byte), nil }
func (raw) Unmarshal(d []byte, v any) error { *v.(*[]byte) = bytes.Clone(d); return nil }
func (raw) Name() string                    { return "proto" }

func varint(b []byte, n int) []byte {
	for ; n > 127; n >>= 7 {
		b = append(b, byte(n)|128)
	}
	return append(b, byte(n))
}

func str(field byte, s string) []byte { return append(varint([]byte{field<<3 | 2}, len(s)), s...) }

const add, check = "/rpc.CNIBackend/AddNetwork", "/grpc.health.v1.Health/Check"

var bad bool

func expect(what string, err error, want codes.Code) {
	if status.Code(err) == want {
		fmt.Printf("ok grpc-go client: %s\n", what)
		return
	}
	bad = true
	fmt.Printf("not ok grpc-go client: %s - wanted %v: %v\n", what, want, err)
}

func call(c *grpc.ClientConn, ctx context.Context, m string, in []byte, o ...grpc.CallOption) error {
	var out []byte
	return c.Invoke(ctx, m, &in, &out, append(o, grpc.ForceCodec(raw{}))...)
}

func dial(sock string) *grpc.ClientConn {
	c, err := grpc.NewClient("unix://"+sock, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	return c
}

// all makes n calls at once, each repeated; the first error.
func all(n, repeat int, one func(i, k int) error) error {
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := 0; k < repeat; k++ {
				if err := one(i, k); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	wg.Wait()
	close(errs)
	return <-errs
}

func crowds(c, late *grpc.ClientConn) {
	bg := context.Background()
	expect("2,000 calls, 100 at a time, on one connection", all(100, 20, func(i, k int) error {
		id := fmt.Sprintf("c%d-%d", i, k%5)
		return call(c, bg, add, append(str(1, "p"), append(str(7, id), str(5, "eth0")...)...))
	}), codes.OK)
	expect("250 calls wait at once, more than we allow streams", all(250, 1, func(i, k int) error {
		return call(late, bg, add, str(7, "late"))
	}), codes.OK)
	var err error
	for i := 0; i < 200; i++ {
		ctx, cancel := context.WithCancel(bg)
		time.AfterFunc(time.Duration(i)*20*time.Microsecond, cancel)
		err = call(late, ctx, add, str(7, "late"))
	}
	expect("200 calls are cancelled early and late", err, codes.Canceled)
	ctx, cancel := context.WithTimeout(bg, 20*time.Millisecond)
	err = call(late, ctx, add, str(7, "late"))
	cancel()
	expect("a call expires", err, codes.DeadlineExceeded)
	expect("health, after that, on the same connection", call(late, bg, check, nil), codes.OK)
}

func oddities(c, refusing *grpc.ClientConn) {
	bg := context.Background()
	long := func(n int) []byte { return str(4, string(bytes.Repeat([]byte{'x'}, n))) }
	meta := func(n int) context.Context {
		return metadata.AppendToOutgoingContext(bg, "x-long", string(bytes.Repeat([]byte{'y'}, n)), "x-bin", "\x00\x01")
	}
	err := call(refusing, bg, add, str(1, "p"))
	expect("a refusal", err, codes.Unavailable)
	if s := status.Convert(err).Message(); s != "100% taken: übervoll\n" {
		expect("a refusal's text: "+s, nil, codes.Unknown)
	}
	expect("an unknown method", call(c, bg, "/rpc.CNIBackend/Nope", nil), codes.Unimplemented)
	expect("a malformed message", call(c, bg, add, []byte{0x0a, 0xff}), codes.Internal)
	expect("a NUL in a string", call(c, bg, add, str(1, string(make([]byte, 10)))), codes.Internal)
	unknown := append(str(15, "future"), 0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8)
	expect("unknown fields", call(c, bg, check, unknown), codes.OK)
	expect("a request of 60 kB", call(c, bg, add, append(str(7, "big"), long(60000)...)), codes.OK)
	expect("a request of 70 kB", call(c, bg, add, long(70000)), codes.ResourceExhausted)
	expect("a request of 20 MB", call(c, bg, add, long(20_000_000)), codes.ResourceExhausted)
	expect("an empty request, compressed", call(c, bg, check, nil, grpc.UseCompressor(gzip.Name)), codes.Unimplemented)
	expect("a compressed request", call(c, bg, add, str(1, "z"), grpc.UseCompressor(gzip.Name)), codes.Unimplemented)
	expect("6 kB of metadata", call(c, meta(6000), check, nil), codes.OK)
	expect("9 kB of metadata", call(c, meta(9000), check, nil), codes.Internal)
	s, err := c.NewStream(bg, &grpc.StreamDesc{ServerStreams: true}, "/grpc.health.v1.Health/Watch")
	if err == nil {
		err = s.CloseSend()
	}
	if err == nil {
		err = s.RecvMsg(new([]byte))
	}
	expect("a stream", err, codes.Unimplemented)
	expect("health, after that, on the same connection", call(c, bg, check, nil), codes.OK)
}

func ask(sock, late, refusing string) {
	c, l, r := dial(sock), dial(late), dial(refusing)
	expect("health", call(c, context.Background(), check, nil), codes.OK)
	crowds(c, l)
	oddities(c, r)
	for _, c := range []*grpc.ClientConn{c, l, r} {
		c.Close()
	}
}

func main() {
	switch {
	case len(os.Args) == 5 && os.Args[1] == "ask":
		ask(os.Args[2], os.Args[3], os.Args[4])
	case len(os.Args) == 3 && os.Args[1] == "serve":
		serve(os.Args[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: grpc-go ask SOCKET LATE REFUSING | grpc-go serve SOCKET")
		os.Exit(100)
	}
	if bad {
		os.Exit(1)
	}
}
