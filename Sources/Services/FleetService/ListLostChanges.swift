internal import Ledger
internal import Messages
internal import Platform
internal import RPC

extension PosternServices {
  // For operators. On a background thread: it reads files.
  func listLostChanges(
    _ request: PosternV1.ListLostChangesRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListLostChangesResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "listing lost changes of the fleet")
    guard let membership = status.fleet else { throw .noFleet }
    var page = try page(
      of: .fleetServiceListLostChanges, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    var arena = Arena(initialBytes: 4 << 10, limits: DecodeLimits(bytes: 8 << 20))
    let filter = try EventFilter(
      from: PosternV1.ListEventsRequest.Builder(in: arena).view)
    var isFull = false
    for (place, file) in try Self.lostFiles(in: membership.control.folder).enumerated() {
      var index: UInt64 = 0
      try? file.forEach { encoded in
        defer { index += 1 }
        // Where it stands: files and entries only become more.
        let position = (UInt64(place) << 40 | index).bigEndianBytes
        guard !isFull, page.isBehindStart(position) else { return }
        guard page.reaches(position.span) else {
          isFull = true
          return
        }
        arena.reset()
        guard let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena) else { return }
        let event = response.addEvents()
        writeEvent(of: entry, encoded: encoded, for: filter, into: event)
        page.add(event)
      }
    }
    response.setNextPageToken(page.nextToken.span)
    response.stamp(snapshot.revision, snapshot)
  }

  private static func lostFiles(in folder: String) throws(Status) -> [LostChanges] {
    do {
      return try LostChanges.names(in: folder).map { name in
        guard let file = LostChanges(name, in: folder) else {
          throw Status(.internalError, "the file `\(folder)/\(name)` is damaged")
        }
        return file
      }
    } catch let error as Status {
      throw error
    } catch {
      throw Status(.internalError, "`\(folder)` can't be read: \(error)")
    }
  }
}

extension UInt64 {
  fileprivate var bigEndianBytes: [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> UInt64($0)) }
  }
}

extension Page {
  /// Whether a position is behind that with which the page begins.
  fileprivate func isBehindStart(_ position: [UInt8]) -> Bool {
    start.lexicographicallyPrecedes(position)
  }
}
