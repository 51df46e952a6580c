internal import CEpochs

/// Hashes secrets, and questions about their bearers, under a random key: see `postern_epochs.h`.
///
/// `@safe`: the key is this object's own until deinit, and never changes.
@safe
final class EntryHasher {
  private let key: UnsafeMutablePointer<postern_hash_key>

  init() {
    unsafe key = .allocate(capacity: 1)
    unsafe key.initialize(to: postern_hash_key())
    precondition(unsafe postern_hash_key_make(key) == 0, "the system gives no random bytes")
  }

  deinit { unsafe key.deallocate() }

  @inline(__always)
  func hash(of secret: Span<UInt8>) -> postern_hash {
    // SAFETY: the call reads so many bytes and keeps no pointer.
    unsafe secret.withUnsafeBufferPointer {
      unsafe postern_hash_of(key, $0.baseAddress, $0.count)
    }
  }

  @inline(__always)
  func hash(of secret: Span<UInt8>, _ question: CheckQuestion) -> postern_hash {
    var hashing = unsafe postern_hash_begin(key)
    unsafe Self.add(secret, to: &hashing)
    unsafe Self.add(question.action, to: &hashing)
    unsafe Self.add(question.resourceType, to: &hashing)
    unsafe Self.add(question.resourceID, to: &hashing)
    unsafe Self.add(question.organizationID, to: &hashing)
    unsafe Self.add(question.targetUserID, to: &hashing)
    return unsafe postern_hash_end(&hashing)
  }

  @inline(__always)
  private static func add(_ bytes: Span<UInt8>, to hashing: inout postern_hashing) {
    // SAFETY: as above.
    unsafe bytes.withUnsafeBufferPointer {
      unsafe postern_hash_add(&hashing, $0.baseAddress, $0.count)
    }
  }

  @inline(__always)
  private static func add(_ text: String, to hashing: inout postern_hashing) {
    // SAFETY: as above. A text of Swift's own is contiguous.
    let isAdded: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
      unsafe postern_hash_add(&hashing, $0.baseAddress, $0.count)
    }
    precondition(isAdded != nil, "a text that is not contiguous")
  }
}

extension postern_hash {
  /// Whether two entries are one, as `postern_hash_is_equal`.
  @inline(__always)
  static func isEqual(_ one: postern_hash, _ other: postern_hash) -> Bool {
    let first = (one.tag.0 ^ other.tag.0) | (one.tag.1 ^ other.tag.1)
    let second = (one.tag.2 ^ other.tag.2) | (one.tag.3 ^ other.tag.3)
    return first | second == 0
  }
}
