/// `postern scan`.
enum ScanCommand {
  static let scan = Command(
    words: ["scan"], summary: "Finds leaked tokens in files, folders or standard input.",
    operands: [
      Operand(
        name: "PATH|-",
        summary: "A file, or a folder with all that is in it; `-`, or nothing: standard input.",
        isOptional: true, isRepeated: true, isPath: true)
    ],
    optional: [.offline, .revokeFound],
    details: [
      "Prints a line for each place at which the text of a token stands, whatever is around it",
      "(the checksum keeps chance out): PATH:LINE:COLUMN, the kind and the id of the token, and",
      "its state, which is active (and whose), inactive, revoked (by this scan) or unknown. The",
      "secret is never printed. With --output json each is an object, which has the offset in",
      "bytes, too.",
      "",
      "Names of files are searched as well. In folders no symbolic link is followed, and only",
      "plain files are read; how many others there were is said at the end. Tokens are found in",
      "UTF-16 and in base64, too, over line ends, and gzip files are unpacked: places are those in",
      "what they hold. Pipe what is packed otherwise. The daemon is asked only when a token was",
      "found, by the rights of this process, not of POSTERN_TOKEN.",
    ],
    examples: [
      "postern scan . /var/log", "git log -p --all | postern scan --offline",
      "postern scan --revoke leaked.txt",
    ],
    exitStatus:
      "0 nothing was found, 1 a token was found, 2 misuse, 3 an error: nothing was found,\n"
      + "but not all could be read; or with --revoke, not all that was found could be revoked",
    run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let revokes = invocation.has(.revokeFound)
    guard !revokes || !invocation.has(.offline) else {
      throw .misuse("`--revoke` needs the daemon: it and `--offline` exclude each other")
    }
    let judge = LeakJudge(invocation, asks: !invocation.has(.offline), revokes: revokes)
    let scan = Scan(invocation, judge)
    try scan.run(invocation.operands)
    invocation.remark(scan.counts.line)
    if judge.failedToRevoke { return .failure }
    if scan.counts.tokens > 0 { return .denied }
    return scan.counts.unreadable > 0 ? .failure : .success
  }
}
