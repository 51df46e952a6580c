internal import CLMDB
internal import Messages

/// A named, ordered map of byte strings inside an environment. Keys are compared byte by byte.
///
/// Got from `Environment.openTables`; means nothing in another environment.
package struct Table: Sendable {
  let identifier: MDB_dbi
  /// Its place among the names that were opened.
  let index: Int
  /// Whether each row has a checksum behind its value (`RowChecksum`).
  let isChecked: Bool
  /// Where its pages lie; nil for one whose rows are taken as they are stored.
  let map: StoreMap?

  init(identifier: MDB_dbi, index: Int = 0, isChecked: Bool = false, map: StoreMap? = nil) {
    self.identifier = identifier
    self.index = index
    self.isChecked = isChecked
    self.map = map
  }

  /// The same, of which a row is taken as it is stored.
  var unchecked: Table { Table(identifier: identifier, index: index) }
}

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
    key.count >= prefix.count && key.extracting(first: prefix.count).isEqual(to: prefix)
  }
}
