internal import CLMDB

/// A named, ordered map of byte strings inside an environment. Keys are compared byte by byte.
///
/// Got from `Environment.openTables`; means nothing in another environment.
package struct Table: Sendable {
  let identifier: MDB_dbi
}
