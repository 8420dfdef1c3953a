// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func unary(name string, out []byte, err error) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: name, Handler: func(_ any, _ context.Context, dec func(any) error,
		_ grpc.UnaryServerInterceptor) (any, error) {
		var in []byte
		if err := dec(&in); err != nil {
			return nil, err
		}
		return &out, err
	}}
}

// serve answers AddNetwork with one address of device 1, table 2, and with fields that we do not know; DelNetwork
// knows nobody.
func serve(sock string) {
	alloc := append(str(1, "10.100.0.9"), 3<<3, 1, 4<<3, 2)
	reply := append([]byte{1 << 3, 1}, str(2, string(alloc))...)
	reply = append(reply, str(6, "10.100.0.0/16")...)
	reply = append(reply, 0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8)
	nobody := status.Error(codes.Unknown, "1 error occurred:\n\t* datastore: unknown pod\n\n")

	if err := os.MkdirAll(filepath.Dir(sock), 0o755); err != nil {
		panic(err)
	}
	l, err := net.Listen("unix", sock)
	if err != nil {
		panic(err)
	}
	s := grpc.NewServer(grpc.ForceServerCodec(raw{}))
	s.RegisterService(&grpc.ServiceDesc{ServiceName: "rpc.CNIBackend", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{unary("AddNetwork", reply, nil), unary("DelNetwork", nil, nobody)}}, nil)
	s.RegisterService(&grpc.ServiceDesc{ServiceName: "grpc.health.v1.Health", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{unary("Check", []byte{1 << 3, 1}, nil)}}, nil)
	if err := s.Serve(l); err != nil {
		panic(err)
	}
}
