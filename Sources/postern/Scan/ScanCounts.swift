/// What a scan has been through.
struct ScanCounts {
  var files = 0
  var bytes: UInt64 = 0
  var tokens = 0
  var revoked = 0
  var links = 0
  var specials = 0
  /// Files and folders that could not be read, or not to their end.
  var unreadable = 0

  /// As `2 tokens in 14 files (1.2 MiB), 1 symbolic link not followed`.
  var line: String {
    var parts = [
      "\(CountText.of(tokens, "token")) in \(CountText.of(files, "file"))"
        + " (\(StatusCommand.byteCount(bytes)))"
    ]
    if revoked > 0 { parts.append("\(revoked) revoked") }
    if links > 0 { parts.append("\(CountText.of(links, "symbolic link")) not followed") }
    if specials > 0 { parts.append("\(CountText.of(specials, "special file")) not read") }
    if unreadable > 0 { parts.append("\(unreadable) could not be read") }
    return parts.joined(separator: ", ")
  }
}
