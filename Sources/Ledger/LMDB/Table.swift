internal import CLMDB

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
