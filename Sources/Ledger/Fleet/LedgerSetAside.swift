internal import Glibc
package import Platform

/// Moves a ledger into a folder beside it before a daemon opens it, since a member has to take all
/// from its fleet's log. A daemon that serves can't do that with its own, so it asks for it, and
/// the next start does it. Nothing is deleted; a start that is cut off does the rest the next time.
package enum LedgerSetAside {
  /// The file by which a start is asked for it: the name of the folder is in it.
  private static let requestName = "set-aside"
  /// What moves; the ledger last.
  private static let names = ["fleet", HostFile.name, "lock.mdb", LedgerFile.name]

  /// Asks the next start for it.
  package static func request(_ name: String, in folder: String) throws(Errno) {
    precondition(isLegal(name), "the name of one folder")
    try WholeFile.replace(
      path: "\(folder)/\(requestName)", with: Array(name.utf8).span, mode: 0o600, isDurable: true)
  }

  /// Sets the ledger aside if that was asked for, and returns the name of the folder; nil if it was
  /// not. The caller has locked the folder and has not opened the ledger yet.
  package static func perform(in folder: String) throws(Errno) -> String? {
    let request = "\(folder)/\(requestName)"
    guard NewFile.exists(request) else { return nil }
    guard let bytes = try? SmallFile.read(path: request, maximumBytes: 128),
      let name = String(validating: bytes, as: UTF8.self), isLegal(name)
    else { throw .invalidArgument }
    let aside = "\(folder)/\(name)"
    do { try PrivateDirectory.create(path: aside) } catch { throw .notADirectory }
    for file in names where NewFile.exists("\(folder)/\(file)") {
      // SAFETY: the call reads terminated strings.
      _ = try SystemCall.value { unsafe rename("\(folder)/\(file)", "\(aside)/\(file)") }
    }
    try FolderSync.sync(aside)
    try FolderSync.sync(folder)
    // SAFETY: the call reads a terminated string.
    _ = try SystemCall.value { unsafe unlink(request) }
    try FolderSync.sync(folder)
    return name
  }

  private static func isLegal(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
          || byte == UInt8(ascii: "-")
      }
  }
}
