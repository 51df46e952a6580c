internal import Foundation

/// What a process holds in memory of its own.
enum ResidentMemory {
  /// `RssAnon` of `/proc/PID/status` in KiB: the heap and stacks, not the mapped ledger.
  static func anonymousKibibytes(of processID: Int32) -> Int {
    let path = "/proc/\(processID)/status"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
