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
    leavesSomething: true,
    body: .ask(PosternClient.backup, prepare: findPath) { answer, call in
      "copied the ledger to \(call.style.text(call.fields["path"] ?? .absent)): "
        + "revision \(answer.revision), \(StatusCommand.byteCount(answer.backupBytes)), "
        + "hash \(HexText.text([UInt8](copying: answer.lastHash)))"
    })

  private static func findPath(
    _ invocation: Invocation, _ fields: inout FieldValues
  ) throws(Failure) -> PosternClient? {
    var path = invocation.operand(0)
    if !path.hasPrefix("/") {
      guard let folder = invocation.context.currentFolder else {
        throw .misuse("`\(path)` begins from a folder that is gone: write the whole path")
      }
      path = (folder == "/" ? "" : folder) + "/" + path
    }
    fields["path"] = .text(path)
    return try invocation.connect(waits: true)
  }
}
