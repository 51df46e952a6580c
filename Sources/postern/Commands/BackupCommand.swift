internal import Messages
internal import PosternClient

/// `postern backup`.
enum BackupCommand {
  static let backup = Command(
    words: ["backup"], summary: "Writes a copy of the ledger while the daemon goes on.",
    operands: [
      Operand(
        name: "PATH", summary: "Where the daemon writes it; nothing may be there yet.",
        isPath: true)
    ],
    details: [
      "The daemon writes the file, with its own rights; only the daemon's user can read it. Only",
      "an operator may ask for it. Without --timeout the command waits until the copy is done.",
      "Keep the hash elsewhere: it proves later that the copy was not rewritten.",
    ],
    examples: ["postern backup /var/backups/postern/monday"],
    body: .ask(PosternClient.backup, prepare: findPath) { answer, invocation in
      "copied the ledger to \(DisplayText(path(invocation) ?? "")): revision \(answer.revision), "
        + "\(StatusCommand.byteCount(answer.backupBytes)), "
        + "hash \(HexText.text([UInt8](copying: answer.lastHash)))"
    })

  /// The whole path; nil if it begins from a folder that is gone.
  private static func path(_ invocation: Invocation) -> String? {
    let path = invocation.operand(0)
    if path.hasPrefix("/") { return path }
    return invocation.context.currentFolder.map { ($0 == "/" ? "" : $0) + "/" + path }
  }

  private static func findPath(
    _ invocation: Invocation, _ fields: inout RequestFields
  ) throws(Failure) -> PosternClient? {
    guard let path = path(invocation) else {
      throw .misuse(
        "`\(invocation.operand(0))` begins from a folder that is gone: write the whole path")
    }
    fields["path"] = .text(path)
    return try invocation.connect(waits: true)
  }
}
