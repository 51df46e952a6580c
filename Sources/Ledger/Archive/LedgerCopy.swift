package import Platform

/// The one file of a copy of a ledger, from outside.
package enum LedgerCopy {
  /// What such a file begins with: LMDB's number, behind the header of its first page.
  package static let beginning = FileBeginning([0xde, 0xc0, 0xef, 0xbe], at: 16)

  /// Removes the files that killed backups and restores have left in the folder of a ledger. The
  /// caller must hold the locks of the folder.
  package static func removeLeftovers(in folder: String) {
    guard let names = try? FolderListing.names(in: FilePath(folder.utf8), followingLinks: true)
    else { return }
    for name in names {
      let name = String(decoding: name, as: UTF8.self)
      guard name.hasSuffix(NewFile.suffix) else { continue }
      NewFile.removeLeftover("\(folder)/\(name)", beginning)
    }
  }
}

extension Snapshot {
  /// Recomputes the hashes of a stretch of the log, as far as the time of the step goes.
  package func verifyLog(_ stretch: LogStretch) -> LogReport {
    var stretch = stretch
    stretch.step = step
    return verify(stretch, of: tables.log, head)
  }

  /// Writes a copy of the ledger to an open file, as it is now, which may be later than this
  /// snapshot. Takes as long as the ledger is large; commands go on meanwhile.
  ///
  /// - Throws: `StoreError`; the file then holds a part.
  package func copyLedger(to file: borrowing FileDescriptor) throws(StoreError) {
    try ledger.environment.copy(to: file.rawValue)
  }
}
