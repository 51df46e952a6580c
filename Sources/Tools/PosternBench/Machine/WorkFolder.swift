internal import Foundation

/// The folder of one run: sockets, the ledger and the children's logs. It is removed at the end.
struct WorkFolder: Sendable {
  let path: String

  init() throws(BenchFailure) {
    // SAFETY: the template is a terminated array of the call's own.
    var template = Array("\(NSTemporaryDirectory())/postern-bench-XXXXXX".utf8CString)
    let isMade = unsafe template.withUnsafeMutableBufferPointer {
      unsafe $0.baseAddress.map { unsafe mkdtemp($0) != nil } ?? false
    }
    guard isMade else {
      throw BenchFailure("can't make a folder below `\(NSTemporaryDirectory())`")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The path of a file in it.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Whether it is in a file system without a disk, where nothing is as slow as it should be.
  var isInMemory: Bool {
    let mounts = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
    let fields = mounts.split(separator: "\n").map { $0.split(separator: " ") }
    let around = fields.filter {
      $0.count > 2 && "\(path)/".hasPrefix($0[1] == "/" ? "/" : "\($0[1])/")
    }
    return around.max { $0[1].count < $1[1].count }?[2] == "tmpfs"
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: path)
  }
}
