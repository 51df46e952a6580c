internal import Ledger
internal import Messages
internal import Platform
internal import RPC

extension PosternServices {
  // For operators. On a background thread: it takes as long as the ledger is large.
  func backup(
    _ request: PosternV1.BackupRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.BackupResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "a backup")
    guard request.path.count > 1, request.path[0] == UInt8(ascii: "/"),
      request.path[request.path.count - 1] != UInt8(ascii: "/")
    else { throw Fields.invalid("`path` must be an absolute path of a file", "path") }
    let path = String(copying: request.path)
    // The next start, or a backup to the path without it, would remove the copy as a leftover.
    guard !path.hasSuffix(NewFile.suffix) else {
      throw Fields.invalid(
        "`path` must not end in `\(NewFile.suffix)`: so do copies that are not finished", "path")
    }
    let copying = status.longReaders.copying
    let pauses = copying.pauseCount
    if status.longReaders.isBarred { throw fullLedger }
    do {
      let file = try NewFile(path: path, beginning: LedgerCopy.beginning)
      try copying.run(file.descriptor) { () throws(StoreError) in
        try snapshot.copyLedger(to: file.descriptor)
      }
      let copy = try StoredLog(file: file.partialPath)
      response.setBackupBytes(UInt64(try file.byteCount))
      if let hash = copy.lastHash { response.setLastHash(hash.span) }
      response.stamp(copy.revision, snapshot)
      try file.publish()
    } catch _ where copying.isStopped {
      throw .draining
    } catch _ where copying.pauseCount != pauses {
      throw fullLedger
    } catch let error as Errno {
      throw refused(path, error)
    } catch StoreError.full {
      throw noRoom(path)
    } catch {
      throw Status(
        .unavailable, "the copy to `\(path)` failed: \(error)", reason: "BACKUP_FAILED")
    }
  }

  /// A copy keeps freed pages from being used again.
  private var fullLedger: Status {
    Status(
      .unavailable,
      "the ledger is full: no backup is made, since its last pages are for revokes; give it room, "
        + "or stop the daemon and copy its folder", reason: "LEDGER_FULL")
  }

  private func refused(_ path: String, _ error: Errno) -> Status {
    switch error {
    case .fileExists:
      Status(
        .alreadyExists,
        "there is a file at `\(path)`, or one at `\(path).partial` that no backup has left",
        reason: "ALREADY_EXISTS", metadata: [("field", "path")])
    case .noSpace, .quotaExceeded, .fileTooLarge: noRoom(path)
    case .nameTooLong: Fields.invalid("`path` is too long", "path")
    case .noSuchFile, .notADirectory, .permissionDenied, .notPermitted, .readOnlyFileSystem:
      Status(
        .failedPrecondition, "the daemon can't make a file at `\(path)`: \(error)",
        reason: "NOT_WRITABLE", metadata: [("field", "path")])
    default:
      Status(.unavailable, "the copy to `\(path)` failed: \(error)", reason: "BACKUP_FAILED")
    }
  }

  private func noRoom(_ path: String) -> Status {
    Status(
      .resourceExhausted, "there is no room for the copy at `\(path)`", reason: "DISK_FULL",
      metadata: [("field", "path")])
  }
}
