internal import CEpochs
internal import Testing

/// The hash by which entries are told apart.
///
/// `@safe`: the key is this object's own until deinit.
@safe @Suite final class EntryHashTests {
  private let key: UnsafeMutablePointer<postern_hash_key>
  private let texts: [[UInt8]] = (0...130).map { count in
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
  }

  init() {
    unsafe key = .allocate(capacity: 1)
    unsafe key.initialize(to: postern_hash_key())
    let result = unsafe postern_hash_key_make(key)
    #expect(result == 0)
  }

  deinit { unsafe key.deallocate() }

  private func hash(_ texts: [[UInt8]]) -> postern_hash {
    var hashing = unsafe postern_hash_begin(key)
    for text in texts {
      unsafe text.withUnsafeBytes { unsafe postern_hash_add(&hashing, $0.baseAddress, $0.count) }
    }
    return unsafe postern_hash_end(&hashing)
  }

  private func words(_ hash: postern_hash) -> [UInt64] {
    [hash.place, hash.tag.0, hash.tag.1, hash.tag.2, hash.tag.3]
  }

  private func isEqual(_ one: postern_hash, _ other: postern_hash) -> Bool {
    var (one, other) = (one, other)
    return unsafe postern_hash_is_equal(&one, &other) == 1
  }

  /// The three sums as the paper says them: the pairs of a text are its length with its last bytes,
  /// then its whole words two by two.
  private func expected(_ texts: [[UInt8]]) -> [UInt64] {
    var pairs: [(UInt64, UInt64)] = []
    for text in texts {
      var words: [UInt64] = []
      for start in stride(from: 0, to: text.count, by: 8) {
        let bytes = text[start..<min(start + 8, text.count)]
        words.append(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
      }
      pairs.append((UInt64(text.count), text.count % 8 == 0 ? 0 : words.removeLast()))
      if text.count > 63 {
        let hash = unsafe text.withUnsafeBytes {
          unsafe postern_siphash_of(key.pointee.of_long_texts, $0.baseAddress, $0.count)
        }
        words = [hash.low, hash.high]
      }
      if words.count % 2 == 1 { words.append(0) }
      for start in stride(from: 0, to: words.count, by: 2) {
        pairs.append((words[start], words[start + 1]))
      }
    }
    // The key as its bytes lie, six words a pair.
    let keys = unsafe UnsafeRawPointer(key).assumingMemoryBound(to: UInt64.self)
    let sums = (0..<3).map { sum in
      pairs.indices.reduce(UInt128(0)) { total, pair in
        let (one, other) = unsafe (keys[6 * pair + 2 * sum], keys[6 * pair + 2 * sum + 1])
        return total &+ UInt128(pairs[pair].0 &+ one) &* UInt128(pairs[pair].1 &+ other)
      }
    }
    let words = sums.flatMap {
      [UInt64(truncatingIfNeeded: $0), UInt64(truncatingIfNeeded: $0 >> 64)]
    }
    // Of the place the upper half counts.
    return Array(words.dropFirst())
  }

  @Test func hashIsTheSumOfProducts() {
    for text in texts { #expect(words(hash([text])) == expected([text]), "\(text.count)") }
    let six = [61, 16, 9, 12, 4, 0].map { texts[$0] }
    #expect(words(hash(six)) == expected(six))
    let long = [130, 64, 63, 63, 63, 63].map { texts[$0] }
    #expect(words(hash(long)) == expected(long))
  }

  /// Every bit counts, and so does where a text ends.
  @Test func otherTextsHaveOtherHashes() {
    for text in texts where !text.isEmpty {
      let whole = hash([text])
      for position in text.indices {
        var other = text
        other[position] ^= 1 << UInt8(position % 8)
        #expect(!isEqual(whole, hash([other])), "byte \(position) of \(text.count)")
      }
      #expect(!isEqual(whole, hash([text + [0]])))
      #expect(!isEqual(whole, hash([Array(text.dropLast())])))
      #expect(!isEqual(whole, hash([text, []])))
      #expect(!isEqual(hash([text, [1]]), hash([text + [1], []])))
      #expect(isEqual(whole, hash([text])))
    }
  }

  /// Each word of the tag counts.
  @Test func allOfTheTagIsCompared() {
    let whole = hash([texts[61]])
    for word in 0..<4 {
      var other = whole
      switch word {
      case 0: other.tag.0 ^= 1 << 63
      case 1: other.tag.1 ^= 1
      case 2: other.tag.2 ^= 1 << 32
      default: other.tag.3 ^= 2
      }
      #expect(!isEqual(whole, other), "word \(word)")
    }
  }

  @Test func keysDiffer() {
    let before = words(hash([texts[61]]))
    #expect(unsafe postern_hash_key_make(key) == 0)
    #expect(zip(before, words(hash([texts[61]]))).allSatisfy { $0 != $1 })
  }
}
