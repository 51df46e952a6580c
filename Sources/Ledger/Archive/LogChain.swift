// Whether the log is whole. Every entry holds its revision and the hash of the entry before it, and
// the ledger's head holds the hash of the last: an entry that was changed, left out, put in or cut
// off at the end does not match one of its neighbours.
//
// An attacker who can rewrite the whole log can make another chain that matches. A hash that is
// kept elsewhere, as the start or the expected end, finds that.

internal import Messages

/// The entries so far, and whether the next one fits to them.
struct LogChain: ~Copyable {
  /// How an entry goes with those before it.
  enum Outcome {
    case fits
    /// It is an entry, of the given hash, and doesn't hold the hash of the one before.
    case misfit(SHA256.Digest)
    /// It is none, or not the next one: why, as one sentence for people.
    case broken(String)
  }

  private(set) var revision: UInt64
  private(set) var hash: SHA256.Digest?
  /// The hash of the entry before the last that was taken.
  private(set) var hashBefore: SHA256.Digest?
  private(set) var readBytes = 0
  private var timeNanoseconds = Int64.min

  /// Begins behind `revision`, whose entry must have `hash`; nil: any.
  init(after revision: UInt64, hash: SHA256.Digest?) {
    self.revision = revision
    self.hash = hash
  }

  /// Takes the next row of the log, decoded in `arena`.
  mutating func take(
    _ key: Span<UInt8>, _ value: Span<UInt8>, arena: inout Arena
  ) -> Outcome {
    readBytes += value.count
    let next = revision + 1
    let wanted = Key(bigEndian: next)
    guard key.isEqual(to: wanted.bytes) else { return .broken("the entry is missing") }
    arena.reset()
    guard let entry = try? PosternStorageV1.Entry(decoding: value, in: arena) else {
      return .broken("the entry can't be decoded")
    }
    guard entry.revision == next else {
      return .broken("the entry says that it is that of revision \(entry.revision)")
    }
    if next == 1 {
      guard entry.previousHash.isEmpty else {
        return .broken("the first entry refers to one before it")
      }
    } else if let hash {
      guard hash.isEqual(to: entry.previousHash) else { return .misfit(SHA256.hash(value)) }
    } else {
      guard entry.previousHash.count == SHA256.Digest.byteCount else {
        return .broken("the entry lacks the hash of the one before")
      }
    }
    guard entry.timeNanoseconds >= timeNanoseconds else {
      return .broken("the entry is older than the one before")
    }
    timeNanoseconds = entry.timeNanoseconds
    revision = next
    hashBefore = hash
    hash = SHA256.hash(value)
    return .fits
  }

  /// What is wrong if the next entry does not hold the hash of the last one. Of the two, the one
  /// whose hash nothing else confirms was changed.
  func misfit(nextIsVouchedFor: Bool) -> LogReport {
    guard nextIsVouchedFor else {
      return report("the entry doesn't hold the hash of the one before")
    }
    return LogReport(
      verifiedRevision: revision - 1, verifiedHash: hashBefore,
      fault: LogReport.Fault(
        revision: revision, sentence: "the entry doesn't have the hash that the one after it holds")
    )
  }

  /// What was found so far, with what is wrong with the next entry.
  func report(_ fault: String? = nil) -> LogReport {
    LogReport(
      verifiedRevision: revision, verifiedHash: hash,
      fault: fault.map { LogReport.Fault(revision: revision + 1, sentence: $0) })
  }
}

extension Transaction where Self: ~Copyable {
  /// Reads a stretch of `log`, which ends at `head`, and recomputes its hashes.
  func verify(_ stretch: LogStretch, of log: Table, _ head: Head) -> LogReport {
    precondition(stretch.from > 0, "revisions count from 1")
    let last = min(stretch.through ?? head.revision, head.revision)
    var chain = LogChain(after: stretch.from - 1, hash: stretch.expectedHash)
    var arena = Arena(initialBytes: 16 << 10, limits: DecodeLimits(bytes: 4 << 20))
    do {
      var cursor = try cursor(log, from: Key(bigEndian: stretch.from).bytes)
      var (count, step) = (0, stretch.step)
      while chain.revision < last, count < stretch.maximumEntries,
        chain.readBytes < stretch.maximumBytes, !step.isSpent
      {
        guard let row = try cursor.next() else { return chain.report("the entry is missing") }
        step.spend(rows: 2 + row.value.count / 128)
        switch chain.take(row.key, row.value, arena: &arena) {
        case .fits: count += 1
        case .broken(let sentence): return chain.report(sentence)
        case .misfit(let hash):
          let isLast = chain.revision + 1 == head.revision
          let isVouchedFor =
            isLast ? hash == head.hash : try isHeld(hash, by: &cursor, arena: &arena)
          return chain.misfit(nextIsVouchedFor: isVouchedFor)
        }
      }
      guard chain.revision == head.revision else { return chain.report() }
      if try cursor.next() != nil { return chain.report("the entry is behind the end of the log") }
    } catch {
      return chain.report("the entry can't be read: \(error)")
    }
    guard let hash = chain.hash, head.revision > 0, hash != head.hash else { return chain.report() }
    return LogReport(
      verifiedRevision: chain.revision - 1, verifiedHash: chain.hashBefore,
      fault: LogReport.Fault(
        revision: chain.revision, sentence: "the entry doesn't have the hash of the log's end"))
  }

  /// Whether the next entry says that the one before it has `hash`.
  private func isHeld(
    _ hash: SHA256.Digest, by cursor: inout TableCursor, arena: inout Arena
  ) throws(StoreError) -> Bool {
    guard let row = try cursor.next() else { return false }
    arena.reset()
    guard let entry = try? PosternStorageV1.Entry(decoding: row.value, in: arena) else {
      return false
    }
    return hash.isEqual(to: entry.previousHash)
  }
}

/// What verifying a stretch of the log found.
package struct LogReport: Sendable {
  /// The first entry that is missing, damaged, or doesn't fit to the one before.
  package struct Fault: Sendable, Equatable {
    package let revision: UInt64
    /// What is wrong with it, as one sentence for people.
    package let sentence: String
  }

  /// The last entry that was read and is whole; the one before the first when none was.
  package var verifiedRevision: UInt64
  /// The SHA-256 of that entry; nil when none was read and none was expected.
  package var verifiedHash: SHA256.Digest?
  /// What is broken; nil when everything that was read is whole.
  package var fault: Fault?
}

/// Which entries of the log to verify.
package struct LogStretch: Sendable {
  /// The first revision, from 1 on.
  package var from: UInt64
  /// The last one; nil: the newest.
  package var through: UInt64?
  /// The hash that the entry before the first must have; nil: any.
  package var expectedHash: SHA256.Digest?
  /// To stop after so many entries.
  package var maximumEntries: Int
  /// To stop once the entries that were read have so many bytes.
  package var maximumBytes: Int
  /// To stop when the time is over.
  package var step = StepBudget.unlimited

  package init(
    from: UInt64, through: UInt64? = nil, expectedHash: SHA256.Digest? = nil,
    maximumEntries: Int = 4096, maximumBytes: Int = 1 << 20
  ) {
    self.from = from
    self.through = through
    self.expectedHash = expectedHash
    self.maximumEntries = maximumEntries
    self.maximumBytes = maximumBytes
  }
}
