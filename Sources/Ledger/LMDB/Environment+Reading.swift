internal import CLMDB
internal import Glibc

extension Environment {
  /// Opens named tables that exist.
  ///
  /// Hazard: as for `openTables`.
  ///
  /// - Parameters:
  ///   - names: at most `maximumTables` in the life of the environment.
  ///   - checked: those whose rows have a checksum.
  /// - Returns: one table a name, in the same order.
  /// - Throws: `StoreError`; `corrupted` when there is no such table.
  package func openExistingTables(
    _ names: [String], checked: Set<String> = []
  ) throws(StoreError) -> [Table] {
    // SAFETY: on success `begun` is ours, and ended on every way out. Only a commit keeps handles.
    var begun: OpaquePointer?
    try unsafe StoreError.check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun))
    var identifiers: [MDB_dbi] = []
    for name in names {
      var identifier: MDB_dbi = 0
      let code = unsafe mdb_dbi_open(begun, name, 0, &identifier)
      guard code == MDB_SUCCESS else {
        unsafe mdb_txn_abort(begun)
        throw code == MDB_NOTFOUND
          ? .corrupted("there is no table `\(name)`") : StoreError(code: code)
      }
      do throws(StoreError) {
        try unsafe Self.checkFlags(of: identifier, name, in: begun)
      } catch {
        unsafe mdb_txn_abort(begun)
        throw error
      }
      identifiers.append(identifier)
    }
    try unsafe StoreError.check(mdb_txn_commit(begun))
    return try tables(names, identifiers, checked: checked)
  }

  /// Throws if a table that was just opened has flags: no table of a ledger has any. A damaged one
  /// changes the order by which keys are looked up, so that rows which are all there are not found.
  @unsafe
  static func checkFlags(
    of identifier: MDB_dbi, _ name: String, in transaction: OpaquePointer?
  ) throws(StoreError) {
    var flags: UInt32 = 0
    // SAFETY: the handle was opened in the transaction; the call fills one number.
    try unsafe StoreError.check(mdb_dbi_flags(transaction, identifier, &flags))
    guard flags == 0 else { throw .corrupted("the record of the table `\(name)` is damaged") }
  }

  /// Tables by their handles, each of which was opened by its name.
  func tables(
    _ names: [String], _ identifiers: [MDB_dbi], checked: Set<String>
  ) throws(StoreError) -> [Table] {
    let map = try map()
    return zip(names, identifiers).enumerated().map { index, table in
      Table(
        identifier: table.1, index: index, isChecked: checked.contains(table.0), map: map)
    }
  }

  /// Refuses a file that ends before a page that is used: a read there would end the process.
  func checkLength() throws(StoreError) {
    let (used, present) = (statistics.usedBytes, fileBytes)
    guard used <= present else {
      throw .corrupted(
        "`\(path)` has \(present) bytes, but \(used) are in use: it was cut off")
    }
  }

  /// The file that holds the tables.
  private var path: String { watchedPath ?? (isFile ? folder : LedgerFile.path(in: folder)) }

  /// The size of the file that holds the tables.
  var fileBytes: Int {
    var descriptor: Int32 = -1
    var status = stat()
    // SAFETY: both calls only fill what they are given; the descriptor stays the environment's.
    guard unsafe mdb_env_get_fd(handle, &descriptor) == MDB_SUCCESS,
      unsafe fstat(descriptor, &status) == 0
    else { return 0 }
    return Int(status.st_size)
  }

  /// Writes everything as of the last commit to an open file, packed: pages that are free are left
  /// out. Writers go on meanwhile; pages that they free can't be reused until it is done.
  ///
  /// - Throws: `StoreError`; the file then holds a part.
  func copy(to descriptor: Int32) throws(StoreError) {
    try unsafe StoreError.check(
      mdb_env_copyfd2(handle, descriptor, UInt32(MDB_CP_COMPACT)))
  }
}
