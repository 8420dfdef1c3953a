/* SPDX-License-Identifier: Apache-2.0 */
/* testcert.h - certificates for tests, good for a hundred years; nobody has their keys. */
#pragma once

/* EC on P-256; CN www.example.com, for it, *.example.com and 10.0.0.1. */
#define TEST_CERT_EC                                                         \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIBvTCCAWSgAwIBAgIUUPG5jMKiPPOKmJsFi1JVJszTefEwCgYIKoZIzj0EAwIw\n" \
	"GjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUuY29tMCAXDTI2MTEyNDIwMzgzN1oYDzIx\n" \
	"MjYxMDMxMjAzODM3WjAaMRgwFgYDVQQDDA93d3cuZXhhbXBsZS5jb20wWTATBgcq\n" \
	"hkjOPQIBBggqhkjOPQMBBwNCAASCdv1QFM9P2xOcpuwyUQJPuSX5iMtR8GhznoyT\n" \
	"JJAVJ8tGesNI8fsDz1GZRFuuyEo53fj+wVaywzmpS+wg6fvqo4GFMIGCMB0GA1Ud\n" \
	"DgQWBBTSVLdDCVBn1KfFWaJh7konLBaq4zAfBgNVHSMEGDAWgBTSVLdDCVBn1KfF\n" \
	"WaJh7konLBaq4zAPBgNVHRMBAf8EBTADAQH/MC8GA1UdEQQoMCaCD3d3dy5leGFt\n" \
	"cGxlLmNvbYINKi5leGFtcGxlLmNvbYcECgAAATAKBggqhkjOPQQDAgNHADBEAiA4\n" \
	"AUoXNmTzoq2kFCf7WJ2h3ESmGv0oFIrhylj99lFAawIgF5Vjf6vK9UN4mJ5kVsC5\n" \
	"sAHzGjYHokH8v0mSZWff4T8=\n"                                         \
	"-----END CERTIFICATE-----\n"
/* RSA of 2048 bits; CN old.example.com and no other names. */
#define TEST_CERT_RSA                                                        \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIDFzCCAf+gAwIBAgIUKEnGvtH1hHkqSgknSgsPzVU7SEwwDQYJKoZIhvcNAQEL\n" \
	"BQAwGjEYMBYGA1UEAwwPb2xkLmV4YW1wbGUuY29tMCAXDTI2MTEyNDIwMzgzN1oY\n" \
	"DzIxMjYxMDMxMjAzODM3WjAaMRgwFgYDVQQDDA9vbGQuZXhhbXBsZS5jb20wggEi\n" \
	"MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCpv9zBvzhINe5r811WzzqeMi3X\n" \
	"ryRql+ok6zvq/eSStG4pN/vY169DXw807xnSqpnwXhAvTXSqSoph8EBWuio4ohJR\n" \
	"WC1P7HrTuYnAA3L5Yy3Mcu2hAhzPmIRHfty0IJ+pf+jBUWCd6HXAgTNWfY0HX3yF\n" \
	"wo4UQyp1A1I04bmpClvZKvoDi1METUmv9aaNk4CM2dVMlprA0HlypLbxuM12cb2H\n" \
	"gwfjqlsK/bA568hyDDZEprkn0mVaKQTztPhmtAmuvZoyyIvsuPAUWCPr1CWy7vLl\n" \
	"b4ctebIr4OoNl40XunRbcBjyKj9zZ5D2IKe1F1IHoC5Jegu8b/PlZ1B9PBPZAgMB\n" \
	"AAGjUzBRMB0GA1UdDgQWBBRT6Szek9PaMgLpI8YRvTjjCuXM+DAfBgNVHSMEGDAW\n" \
	"gBRT6Szek9PaMgLpI8YRvTjjCuXM+DAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3\n" \
	"DQEBCwUAA4IBAQBQf9PbZgQfxHM1JvkyP6Ef0QXPKBJrKDybe0pxasoOqaxeTUyA\n" \
	"3d2QMTEcqHoS2jrhB3fJYTrEblI3xjITbCrU/tdXVPop5n6Z3sKySHoh1E0d5R67\n" \
	"sQcI0DqvHfl5fDtOM0ByX/OpCF1z+J2puU712SEK75felnEgxxRyAbam5x7GwsBQ\n" \
	"FqBW4jGpSvfpZmGANqxH81XG29pPBpaFvTKLMsHauiKni0JeYG4yD99FFSp26X/6\n" \
	"iGlq8AyJ7ADtyRKZYXLsBQFR6gbePIGUnZ8Y6EAwbgFbLSJpi+8doYXW73tAat+5\n" \
	"CmuZyOTEhBlEizcAaKGz/3wkFLjI6AUN7IVg\n"                             \
	"-----END CERTIFICATE-----\n"
/* EC on secp256k1, which nobody serves. */
#define TEST_CERT_ODD                                                        \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIBbDCCARKgAwIBAgIUZL1v2XRIq2VErVDYn6erQs6R2lUwCgYIKoZIzj0EAwIw\n" \
	"DDEKMAgGA1UEAwwBeDAgFw0yNjExMjQyMDM4MzdaGA8yMTI2MTAzMTIwMzgzN1ow\n" \
	"DDEKMAgGA1UEAwwBeDBWMBAGByqGSM49AgEGBSuBBAAKA0IABNfoCGWUG6L18k/7\n" \
	"fL1VWwmPLMbQsezNsPVZkjFsjjdR/uOFLv6ru705utX84ZdmB84NxJ8DzWlPwzZU\n" \
	"IlATNNejUzBRMB0GA1UdDgQWBBQhNZ8DkLx8XykQLaGrG5qsunBAJzAfBgNVHSME\n" \
	"GDAWgBQhNZ8DkLx8XykQLaGrG5qsunBAJzAPBgNVHRMBAf8EBTADAQH/MAoGCCqG\n" \
	"SM49BAMCA0gAMEUCIQD+IdKN136Ou/AyOpM1nOT+esFIQuRg0QvBR6gVoKDSUQIg\n" \
	"ToiaIzgbGYRouVVaUfH2lrbVsdMxzn5v9sMdHakh8rE=\n"                     \
	"-----END CERTIFICATE-----\n"
