internal import CLMDB

/// A key and its value, borrowed from the transaction that read them.
///
/// `@safe`: the spans' lifetime is the transaction's.
@safe
package struct TableEntry: ~Escapable {
  package let key: Span<UInt8>
  package let value: Span<UInt8>

  @_lifetime(copy key, copy value)
  init(key: Span<UInt8>, value: Span<UInt8>) {
    self.key = key
    self.value = value
  }

  /// Whether the key begins with these bytes.
  package func hasPrefix(_ prefix: Span<UInt8>) -> Bool {
    guard key.count >= prefix.count else { return false }
    for index in prefix.indices where key[index] != prefix[index] { return false }
    return true
  }
}
