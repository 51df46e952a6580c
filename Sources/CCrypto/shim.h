#pragma once

// The one-shot and context interfaces (EVP_*) look their algorithm up and allocate on every call.
// The functions below are deprecated in OpenSSL 3 but stay in its ABI, and hash a token's 20 bytes
// in 53 ns instead of 90 (reused context) or 310 (one-shot).
#define OPENSSL_SUPPRESS_DEPRECATED

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

// Writes the 32-byte SHA-256 of `count` bytes to `digest`. SHA256_Final wipes the block it buffered.
// Returns 1; libcrypto documents no way for these calls to fail on a plain context.
static inline int ccrypto_sha256(const void *bytes, size_t count, unsigned char *digest) {
  SHA256_CTX context;
  return SHA256_Init(&context) && SHA256_Update(&context, bytes, count) &&
         SHA256_Final(digest, &context);
}

// Writes the 32-byte HMAC-SHA-256 (RFC 2104) of `count` bytes under a key of 64 bytes at most to
// `code`. Returns 1, or 0 for a longer key. Allocates nothing, unlike libcrypto's own.
static inline int ccrypto_hmac_sha256(const void *key, size_t key_count, const void *bytes,
                                      size_t count, unsigned char *code) {
  unsigned char block[64] = {0};
  SHA256_CTX context;
  if (key_count > sizeof block) return 0;
  memcpy(block, key, key_count);
  for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36;
  int succeeded = SHA256_Init(&context) && SHA256_Update(&context, block, sizeof block) &&
                  SHA256_Update(&context, bytes, count) && SHA256_Final(code, &context);
  for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5c;
  succeeded = succeeded && SHA256_Init(&context) &&
              SHA256_Update(&context, block, sizeof block) &&
              SHA256_Update(&context, code, 32) && SHA256_Final(code, &context);
  OPENSSL_cleanse(block, sizeof block);
  return succeeded;
}

// Seals `count` bytes with AES-256-GCM (NIST SP 800-38D) under a key of 32 bytes and a nonce of 12,
// and binds them to `bound`. Writes `count` bytes and a tag of 16 to `sealed`. Returns 1, or 0 when
// libcrypto could not compute it.
static inline int ccrypto_aes256gcm_seal(const unsigned char *key, const unsigned char *nonce,
                                         const unsigned char *bound, size_t bound_count,
                                         const unsigned char *bytes, size_t count,
                                         unsigned char *sealed) {
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  int written = 0;
  int succeeded =
      context && count <= INT_MAX && bound_count <= INT_MAX &&
      EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
      EVP_EncryptUpdate(context, NULL, &written, bound, (int)bound_count) == 1 &&
      EVP_EncryptUpdate(context, sealed, &written, bytes, (int)count) == 1 &&
      EVP_EncryptFinal_ex(context, sealed + written, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, sealed + count) == 1;
  EVP_CIPHER_CTX_free(context);
  return succeeded;
}

// Opens what `ccrypto_aes256gcm_seal` sealed: `count` bytes, of which the last 16 are the tag. Writes
// `count - 16` bytes, which are good only if it returns 1.
static inline int ccrypto_aes256gcm_open(const unsigned char *key, const unsigned char *nonce,
                                         const unsigned char *bound, size_t bound_count,
                                         const unsigned char *sealed, size_t count,
                                         unsigned char *bytes) {
  if (count < 16 || count > INT_MAX || bound_count > INT_MAX) return 0;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  int written = 0;
  int succeeded =
      context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
      EVP_DecryptUpdate(context, NULL, &written, bound, (int)bound_count) == 1 &&
      EVP_DecryptUpdate(context, bytes, &written, sealed, (int)(count - 16)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, (void *)(sealed + count - 16)) == 1 &&
      EVP_DecryptFinal_ex(context, bytes + written, &written) == 1;
  EVP_CIPHER_CTX_free(context);
  return succeeded;
}
