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
  var oldestReaderCommit: Int? { oldestReader?.commit }

  /// The process that holds the oldest view, and the commit that the view shows.
  var oldestReader: Reader? {
    var oldest = Reader(processID: 0, commit: .max)
    // SAFETY: LMDB calls the function with a terminated string and the pointer, which outlives the
    // call.
    let code = unsafe withUnsafeMutablePointer(to: &oldest) { oldest in
      unsafe mdb_reader_list(
        handle,
        { line, oldest in
          guard let line = unsafe line,
            let reader = Reader(line: unsafe String(cString: line))
          else { return 0 }
          let oldest = unsafe oldest?.assumingMemoryBound(to: Reader.self)
          if let known = unsafe oldest?.pointee, reader.commit < known.commit {
            unsafe oldest?.pointee = reader
          }
          return 0
        }, oldest)
    }
    return code < 0 || oldest.commit == .max ? nil : oldest
  }

  /// Who holds a view.
  struct Reader: Sendable {
    let processID: Int32
    /// The commit that it shows.
    let commit: Int

    init(processID: Int32, commit: Int) {
      self.processID = processID
      self.commit = commit
    }

    /// A line has the numbers of a process, a thread and a commit, or `-` for a reader at rest; the
    /// first line names the columns.
    init?(line: String) {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count == 3, let processID = Int32(words[0]), let commit = Int(words[2]) else {
        return nil
      }
      self.init(processID: processID, commit: commit)
    }
  }
}
