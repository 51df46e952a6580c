internal import Glibc
internal import TestSupport

/// The memory of a daemon, as the kernel counts it; zero under a sanitizer, whose own memory would
/// be counted with it.
struct ProcessMemory {
  /// Whether the daemon runs without a sanitizer.
  static let isMeaningful = unsafe getenv("POSTERN_SANITIZER") == nil

  /// All memory in use, and that part of it which no file stands behind.
  let residentBytes: Int
  let anonymousBytes: Int

  init(_ daemon: Daemon) throws {
    guard Self.isMeaningful else {
      (residentBytes, anonymousBytes) = (0, 0)
      return
    }
    let status = try Self.read("/proc/\(daemon.process.processID)/status")
    residentBytes = Self.kibibytes("VmRSS:", in: status) << 10
    anonymousBytes = Self.kibibytes("RssAnon:", in: status) << 10
  }

  private static func kibibytes(_ name: String, in text: String) -> Int {
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return line.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) } ?? 0
  }

  static func read(_ path: String) throws -> String {
    guard let file = unsafe fopen(path, "r") else { throw FixtureError("no `\(path)`") }
    defer { unsafe fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    let count = unsafe fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
