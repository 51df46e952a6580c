internal import Foundation
internal import Glibc

/// A folder for one test, removed with all it holds.
final class TemporaryDirectory: Sendable {
  let path: String

  init() {
    path = "/tmp/platform-\(UUID().uuidString.prefix(13))"
    let result = unsafe mkdir(path, 0o700)
    precondition(result == 0, "no folder for the test")
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of something in the folder.
  func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Whether a name exists in the folder, whatever it stands for.
  func contains(_ name: String) -> Bool { status(name) != nil }

  /// The permission bits of a name in the folder.
  func mode(_ name: String) -> UInt32? { status(name).map { $0.st_mode & 0o7777 } }

  /// Puts a regular file into the folder.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
  }

  /// What a regular file in the folder holds.
  func read(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  private func status(_ name: String) -> stat? {
    var status = stat()
    return unsafe lstat(path(name), &status) == 0 ? status : nil
  }
}
