#include "ckeptbench.h"

#include <stdlib.h>

typedef struct {
  postern_hash hash;
  postern_keep keep;
} entry;

// A table with open addressing, at most half full.
struct ckeptbench {
  postern_epochs epochs;
  postern_hash_key key;
  uint32_t slots, count, secret_bytes;
  uint32_t *places;
  char *secrets;
  entry *table;
};

ckeptbench *ckeptbench_make(const char *socket_path, uint32_t entries, uint32_t secret_bytes) {
  ckeptbench *bench = calloc(1, sizeof *bench);
  if (bench == NULL) return NULL;
  bench->slots = 1;
  while (bench->slots < 2 * entries) bench->slots *= 2;
  bench->secret_bytes = secret_bytes;
  bench->places = calloc(entries, sizeof *bench->places);
  bench->secrets = calloc(entries, secret_bytes);
  bench->table = calloc(bench->slots, sizeof *bench->table);
  if (bench->places != NULL && bench->secrets != NULL && bench->table != NULL &&
      postern_hash_key_make(&bench->key) == 0 &&
      postern_epochs_open(&bench->epochs, socket_path) == 0)
    return bench;
  ckeptbench_free(bench);
  return NULL;
}

static inline entry *find(ckeptbench *bench, const postern_hash *hash) {
  uint32_t place = (uint32_t)hash->place & (bench->slots - 1);
  for (;; place = (place + 1) & (bench->slots - 1)) {
    entry *found = bench->table + place;
    if (found->keep.count == 0) return found;
    if (postern_hash_is_equal(&found->hash, hash)) return found;
  }
}

void ckeptbench_add(ckeptbench *bench, const void *secret, const postern_keep *keep) {
  postern_hash hash = postern_hash_of(&bench->key, secret, bench->secret_bytes);
  entry *place = find(bench, &hash);
  place->hash = hash;
  place->keep = *keep;
  bench->places[bench->count] = (uint32_t)(place - bench->table);
  memcpy(bench->secrets + (size_t)bench->count * bench->secret_bytes, secret, bench->secret_bytes);
  bench->count++;
}

uint64_t ckeptbench_use(ckeptbench *bench, uint64_t uses, int is_by_secret) {
  uint64_t held = 0;
  uint32_t index = 0;
  for (uint64_t i = 0; i < uses; i++) {
    // A step that meets every entry.
    index += 619 % bench->count;
    if (index >= bench->count) index -= bench->count;
    entry *used = bench->table + bench->places[index];
    if (is_by_secret) {
      const char *secret = bench->secrets + (size_t)index * bench->secret_bytes;
      postern_hash hash = postern_hash_of(&bench->key, secret, bench->secret_bytes);
      used = find(bench, &hash);
    }
    held += (uint64_t)postern_epochs_holds(&bench->epochs, &used->keep);
  }
  return held;
}

void ckeptbench_free(ckeptbench *bench) {
  postern_epochs_close(&bench->epochs);
  free(bench->places);
  free(bench->secrets);
  free(bench->table);
  free(bench);
}
