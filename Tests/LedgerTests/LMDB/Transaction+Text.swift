internal import Ledger

/// Text keys and values, so that tests read easily.
extension Transaction where Self: ~Copyable {
  func text(_ table: Table, _ key: String) throws(StoreError) -> String? {
    let key = Array(key.utf8)
    guard let value = try get(table, key.span) else { return nil }
    return String(copying: value)
  }

  /// Every entry with a key from `first` on, as `key=value`.
  func entries(_ table: Table, from first: String = "") throws(StoreError) -> [String] {
    let first = Array(first.utf8)
    var found: [String] = []
    try forEach(table, from: first.span) { key, value in
      found.append(String(copying: key) + "=" + String(copying: value))
      return true
    }
    return found
  }
}

extension WriteTransaction {
  mutating func put(_ table: Table, _ key: String, _ value: String) throws(StoreError) {
    let key = Array(key.utf8)
    let value = Array(value.utf8)
    try put(table, key: key.span, value: value.span)
  }

  mutating func append(_ table: Table, _ key: String, _ value: String) throws(StoreError) {
    let key = Array(key.utf8)
    let value = Array(value.utf8)
    try append(table, key: key.span, value: value.span)
  }

  @discardableResult
  mutating func delete(_ table: Table, _ key: String) throws(StoreError) -> Bool {
    let key = Array(key.utf8)
    return try delete(table, key.span)
  }
}

extension String {
  init(copying bytes: Span<UInt8>) {
    self = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe String(decoding: buffer, as: UTF8.self)
    }
  }
}
