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
    optional: [.offline, .revokeFound, .wait],
    details: [
      "Prints a line for each place that has the text of a token: PATH:LINE:COLUMN, the kind and",
      "the id of the token, and its state, which is active (and whose), inactive, revoked (by this",
      "scan) or unknown. A token has a checksum, so other text is not taken for one. The secret",
      "is never printed. With --output json each place is an object, which also has the offset in",
      "bytes.",
      "",
      "Names of files are searched as well. In folders, symbolic links are not followed, and only",
      "plain files are read; the number of others is printed at the end. Tokens are also found in",
      "UTF-16, UTF-32, base64 and base64 of UTF-16, over line ends too, and gzip files are",
      "unpacked, up to three times; a place is then in the unpacked text. Unpack other formats and",
      "pipe them in. The daemon is asked only when a token was found, with the rights of this",
      "process, not of POSTERN_TOKEN.",
    ],
    examples: [
      "postern scan . /var/log", "git log -p --all | postern scan --offline",
      "postern scan --revoke leaked.txt",
    ],
    exitStatus:
      "0 nothing was found, 1 a token was found, 2 misuse, 3 an error: nothing was found,\n"
      + "but not all could be read; or with --revoke, not all that was found could be revoked,\n"
      + "or standard output took no finds, which are then on standard error",
    body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let revokes = invocation.has(.revokeFound)
    guard !revokes || !invocation.has(.offline) else {
      throw .misuse("`--revoke` needs the daemon: it and `--offline` exclude each other")
    }
    let judge = LeakJudge(invocation, asks: !invocation.has(.offline), revokes: revokes)
    let scan = Scan(invocation, judge)
    try scan.run(invocation.operands)
    invocation.remark(scan.counts.line)
    if judge.failedToRevoke || scan.isOutputLost { return .failure }
    if scan.counts.tokens > 0 { return .denied }
    return scan.counts.unreadable > 0 ? .failure : .success
  }
}
