internal import Ledger
internal import Messages
internal import Platform
internal import PosternClient

/// `postern verify`.
enum VerifyCommand {
  static let verify = Command(
    words: ["verify"], summary: "Says whether the log of all changes is whole.",
    optional: [.dataFolder, .copy, .fromRevision, .expectedHash, .againstFleet, .fleetKey],
    details: [
      "Every entry of the log holds the hash of the one before. All hashes are computed anew, and",
      "the first entry that doesn't fit is named. Without --data and --file the daemon does it,",
      "for operators. With one of them this program reads the files itself, with or without a",
      "daemon. Unless --from is given, it then also makes the tables anew in TMPDIR (/tmp) and",
      "compares them. With --data it also finds a log that lacks what this host has acknowledged.",
      "",
      "With --against-fleet (and --data) the log is compared with every row in the database of the",
      "fleet: the same revisions, bytes and hashes. A host that is behind is no fault.",
      "",
      "An attacker who can write the ledger can make another log that is whole. So keep the hash",
      "and its revision elsewhere. Later, give the hash with --expect-hash and the next revision",
      "with --from.",
    ],
    examples: [
      "postern verify", "postern verify --file /var/backups/postern/monday",
      "postern verify --data /var/lib/postern --against-fleet service=postern",
    ],
    answersYesOrNo: true, readsLedgerFiles: true, body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let stretch = try stretch(invocation)
    let scratch = invocation.context.variable("TMPDIR") ?? "/tmp"
    let progress = ProgressBar("verified", noun: "entries", invocation.context)
    defer { progress.clear() }
    let comparison = try comparison(invocation)
    let verification: Verification
    switch (invocation.optional(.dataFolder), invocation.optional(.copy)) {
    case (nil, nil): verification = try askDaemon(invocation, stretch, progress: progress)
    case (let folder?, nil):
      // Read before the log, which may grow meanwhile.
      let acknowledged = Restoration.acknowledgedRevision(in: folder)
      var found = try readLog(folder, stretch, progress: progress, scratch: scratch) {
        () throws(StoreError) in try StoredLog(folder: folder)
      }
      if let acknowledged, found.isIntact, found.revision < acknowledged {
        found.broke(
          "it ends at \(found.revision), but revision \(acknowledged) was acknowledged here")
      }
      if found.isIntact { try comparison?(&found, folder) }
      verification = found
    case (nil, let file?):
      verification = try readLog(file, stretch, progress: progress, scratch: scratch) {
        () throws(StoreError) in try StoredLog(file: file)
      }
    default: throw .misuse("give `--data` or `--file`, not both")
    }
    progress.clear()
    try verification.print(invocation) {
      $0.revision == 0
        ? "the log is empty"
        : "the log is whole up to revision \($0.verifiedRevision), hash \($0.hashText)"
          + ($0.fleetText.isEmpty ? "" : "; \($0.fleetText)")
    }
    return verification.isIntact ? .success : .denied
  }

  /// What compares the log of a folder with that of its fleet; nil if that was not asked for.
  private static func comparison(
    _ invocation: Invocation
  ) throws(Failure) -> ((inout Verification, String) throws(Failure) -> Void)? {
    guard invocation.has(.againstFleet) else {
      guard !invocation.has(.fleetKey) else {
        throw .misuse("`--fleet-key` needs `--against-fleet`")
      }
      return nil
    }
    guard invocation.has(.dataFolder), !invocation.has(.fromRevision) else {
      throw .misuse("`--against-fleet` needs `--data`, and compares all of the log")
    }
    let comparison = try FleetComparison(invocation)
    return { (verification, folder) throws(Failure) in
      let log: StoredLog
      do { log = try StoredLog(folder: folder) } catch {
        throw .trouble("\(DisplayText(folder)) can't be read: \(error)", advice: "")
      }
      let progress = ProgressBar("compared", noun: "entries", invocation.context)
      defer { progress.clear() }
      let whole = Double(max(1, log.revision))
      let outcome = try comparison.compare(log) { done in
        progress.show(Int(done), part: min(1, Double(done) / whole))
      }
      switch outcome {
      case .same(let revision): verification.isSameAsFleet(endingAt: revision)
      case .differs(let difference): verification.differs(difference)
      }
    }
  }

  private static func stretch(_ invocation: Invocation) throws(Failure) -> LogStretch {
    var stretch = LogStretch(from: try invocation.number(.fromRevision) ?? 1)
    if let text = invocation.optional(.expectedHash) {
      guard let bytes = HexText.bytes(text), let hash = SHA256.Digest(copying: bytes.span) else {
        throw .misuse("`--expect-hash` needs the 64 hexadecimal digits of a hash")
      }
      guard stretch.from > 1 else {
        throw .misuse("`--expect-hash` needs `--from`: the revision after that of the hash")
      }
      stretch.expectedHash = hash
    }
    return stretch
  }

  /// Asks the daemon to verify, call by call.
  private static func askDaemon(
    _ invocation: Invocation, _ stretch: LogStretch, progress: ProgressBar
  ) throws(Failure) -> Verification {
    let client = try invocation.connect()
    var from = stretch.from
    var hash = stretch.expectedHash.map { [UInt8](copying: $0.span) } ?? []
    var last: UInt64 = 0
    while true {
      let reply = try invocation.call(
        PosternClient.verifyLog, over: client,
        [
          "from_revision": .unsigned(from == 1 ? 0 : from), "to_revision": .unsigned(last),
          "expected_hash": .bytes(hash),
        ])
      let answer = reply.message
      // Entries appended meanwhile are left out.
      if last == 0 { last = answer.revision }
      guard answer.intact, answer.verifiedRevision < last else {
        return Verification(answer, after: from - 1, hash, revision: last)
      }
      progress.show(
        Int(answer.verifiedRevision), part: Double(answer.verifiedRevision) / Double(max(1, last)))
      from = answer.verifiedRevision + 1
      hash = [UInt8](copying: answer.verifiedHash)
    }
  }

  /// Reads the log from its files.
  private static func readLog(
    _ path: String, _ stretch: LogStretch, progress: ProgressBar, scratch: String,
    open: () throws(StoreError) -> StoredLog
  ) throws(Failure) -> Verification {
    do {
      let log = try open()
      let revision = log.revision
      guard stretch.from <= max(1, revision) else {
        throw Failure.misuse("the newest revision is \(revision), before `--from`")
      }
      let report = log.verifyAll(stretch) { done in
        progress.show(Int(done), part: Double(done) / Double(max(1, revision)))
      }
      var verification = Verification(
        report, revision: revision, epoch: report.fault == nil ? log.epoch : 0)
      // Tables can be checked only against the whole log.
      if report.fault == nil, stretch.from == 1 {
        if let sentence = try log.rowFault()?.sentence ?? log.strayRow(scratch: scratch) {
          verification.broke(sentence)
        }
      }
      guard !log.wasOvertaken else {
        throw Failure.trouble(
          "\(DisplayText(path)) was written to while it was read, and could not be locked",
          advice: "try again, or let the daemon do it: `postern verify`")
      }
      return verification
    } catch let failure as Failure {
      throw failure
    } catch StoreError.full {
      throw .trouble(
        "\(DisplayText(scratch)) has no room for the tables that are made anew from the log",
        advice: "set TMPDIR to a folder that has as much as the ledger")
    } catch StoreError.viewNeeded {
      throw .trouble(
        "\(StoreError.viewNeeded)",
        advice: "give it room, or stop the daemon, and try again; `postern verify` without "
          + "`--data` looks at the log alone")
    } catch StoreError.corrupted(let sentence) {
      return Verification(broken: sentence)
    } catch StoreError.missing(let missing) {
      throw .trouble(
        "there is nothing at `\(DisplayText(missing))`",
        advice:
          "`--data` takes the folder of a daemon's ledger, `--file` what `postern backup` made")
    } catch StoreError.wrongKind(let other, let kind) {
      throw .trouble(
        "`\(DisplayText(other))` is \(kind.noun), and no ledger",
        advice:
          "`--data` takes the folder of a daemon's ledger, `--file` what `postern backup` made")
    } catch {
      throw .trouble("\(DisplayText(path)) can't be read: \(error)", advice: "")
    }
  }
}
