internal import Foundation
internal import Glibc

/// A new folder for one test, removed with all that is in it.
///
/// It lies in memory where that is possible: a test that ends processes loses nothing by a sync
/// that reaches no disk.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() {
    let parent = unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/postern-test-XXXXXX".utf8CString)
    // SAFETY: mkdtemp replaces the six letters in place.
    let path = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, unsafe mkdtemp(base) != nil else { return nil }
      return unsafe String(cString: base)
    }
    guard let path else { preconditionFailure("no temporary folder") }
    self.path = path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in the folder.
  package func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Whether `name` exists in the folder, as a file of any kind or as a broken link.
  package func contains(_ name: String) -> Bool { status(name) != nil }

  /// The permission bits of `name`; nil if it does not exist.
  package func mode(_ name: String) -> UInt32? { status(name).map { $0.st_mode & 0o7777 } }

  /// The text of a file in the folder.
  package func read(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  /// Writes a file, in place where it exists; returns its path.
  @discardableResult
  package func write(_ name: String, _ text: String) -> String { write(name, text.utf8) }

  /// Writes a file, in place where it exists, and the folders above it; returns its path.
  @discardableResult
  package func write(_ name: String, _ bytes: some Sequence<UInt8>) -> String {
    let file = path(name)
    let parent = URL(fileURLWithPath: file).deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    let descriptor = unsafe creat(file, 0o600)
    precondition(descriptor >= 0, "`\(file)` can't be written")
    let bytes = Array(bytes)
    let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
    precondition(count == bytes.count, "a short write")
    close(descriptor)
    return file
  }

  private func status(_ name: String) -> stat? {
    var status = stat()
    return unsafe lstat(path(name), &status) == 0 ? status : nil
  }
}
