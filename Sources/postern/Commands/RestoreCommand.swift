internal import Ledger

/// `postern restore`.
enum RestoreCommand {
  static let restore = Command(
    words: ["restore"], summary: "Puts a copy of a ledger into a folder for a daemon.",
    operands: [
      Operand(name: "FILE", summary: "The copy, as `postern backup` made it.", isPath: true)
    ],
    required: [.dataFolder],
    details: [
      "Works without a daemon. No daemon may run on the folder, and no ledger may be in it. The",
      "log of the copy is verified; if it is broken, nothing is restored and the exit code is 1.",
      "The tables are made anew from the log. A copy lacks what changed after it, revokes",
      "included: if this host knows how many revisions are missing, the command says so, and",
      "`posternd` starts only with --lose-revisions. It knows by the file `host` of the ledger",
      "that was there; without it the command says that nothing tells.",
    ],
    examples: ["postern restore /var/backups/postern/monday --data /var/lib/postern"],
    answersYesOrNo: true, readsLedgerFiles: true, leavesSomething: true,
    body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let folder = invocation.value(.dataFolder)
    let progress = ProgressBar("verified", noun: "entries", invocation.context)
    let verification: Verification
    do {
      let report = try Restoration.restore(invocation.operand(0), into: folder) { done, all in
        progress.show(Int(done), part: Double(done) / Double(max(1, all)))
      }
      // Nothing was restored from a broken copy.
      let epoch = report.fault == nil ? try? StoredLog(folder: folder).epoch : nil
      verification = Verification(
        report, revision: report.verifiedRevision, epoch: epoch ?? 0)
    } catch {
      progress.clear()
      switch error {
      case .damaged(let sentence): verification = Verification(broken: sentence)
      case .occupied:
        throw .trouble(
          "there is a ledger in \(DisplayText(folder)) already",
          advice: "nothing was changed: stop the daemon, move `data.mdb` away, and restore again")
      case .served(let processID):
        let number = processID.map { " (process \($0))" } ?? ""
        throw .trouble(
          "a daemon runs with \(DisplayText(folder))\(number)", advice: "stop it first")
      case .noCopy(let sentence):
        throw .trouble(
          "\(DisplayText(sentence))",
          advice: "give the file that `postern backup` made; nothing was changed")
      case .failed(let sentence):
        throw .trouble("the copy can't be restored: \(sentence)", advice: "nothing was changed")
      }
    }
    progress.clear()
    try verification.print(invocation) {
      "restored into \(DisplayText(folder)): revision \($0.verifiedRevision), hash \($0.hashText)"
    }
    if verification.isIntact {
      remark(of: Restoration.loss(in: folder, behind: verification.verifiedRevision), invocation)
    }
    return verification.isIntact ? .success : .denied
  }

  /// Says what the copy lacks, and what to do about it before a daemon serves from it.
  private static func remark(of loss: Restoration.Loss, _ invocation: Invocation) {
    switch loss {
    case .none: return
    case .revisions(let lost):
      invocation.remark(
        "postern: \(lost) revisions that this host has acknowledged are not in the copy, revokes "
          + "perhaps among them: start once with `posternd --lose-revisions \(lost)`")
    case .unknown:
      invocation.remark(
        "postern: without the file `host` of the ledger that it replaces, nothing tells which "
          + "revokes the copy lacks: put that file into the folder now; or let the first start be "
          + "`posternd --lose-revisions \(LostRevisions.unknownWord)`, which revokes every token "
          + "in it")
    case .unreadable(let reason):
      invocation.remark("postern: nothing tells which revokes the copy lacks: \(reason)")
    }
  }
}
