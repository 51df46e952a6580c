internal import CLMDB

extension Environment {
  /// Frees the slots of processes that ended without giving them back: the pages that they read
  /// could else not be used again until the next start. Returns how many there were.
  @discardableResult
  func freeSlotsOfTheDead() throws(StoreError) -> Int {
    var cleared: Int32 = 0
    try unsafe StoreError.check(mdb_reader_check(handle, &cleared))
    return Int(cleared)
  }

  /// The commit that the oldest view of any reader shows, in whatever process; nil where there is
  /// none.
  var oldestReaderCommit: Int? {
    var oldest = Int.max
    // SAFETY: LMDB calls the function with a terminated string and the pointer, which outlives the
    // call.
    let code = unsafe withUnsafeMutablePointer(to: &oldest) { oldest in
      unsafe mdb_reader_list(
        handle,
        { line, oldest in
          guard let line = unsafe line,
            let commit = Environment.commit(inReaderLine: unsafe String(cString: line))
          else { return 0 }
          let oldest = unsafe oldest?.assumingMemoryBound(to: Int.self)
          unsafe oldest?.pointee = min(oldest?.pointee ?? commit, commit)
          return 0
        }, oldest)
    }
    return code < 0 || oldest == .max ? nil : oldest
  }

  /// A line has the numbers of a process, a thread and a commit, or `-` for a reader at rest; the
  /// first line names the columns.
  private static func commit(inReaderLine line: String) -> Int? {
    line.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) }
  }
}
