internal import Glibc
internal import Platform

/// The real environment of the process.
///
/// SAFETY: the C calls here get buffers of the size that they are told, and keep no pointer.
struct SystemContext: ProcessContext {
  /// Longer than any token; later bytes are not read.
  private static let secretLimitBytes = 4096

  func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  func isSet(_ name: String) -> Bool { unsafe getenv(name) != nil }

  var isRoot: Bool { geteuid() == 0 }

  var nowSeconds: Int64 { Int64(time(nil)) }

  var currentFolder: String? {
    guard let path = unsafe getcwd(nil, 0) else { return nil }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb" }

  func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  func socketOwner(_ path: String) -> SocketOwner? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, unsafe access(path, W_OK) != 0 else { return nil }
    // This program has one thread, so nothing else changes the entries that C shares.
    var user = "\(status.st_uid)"
    if let entry = unsafe getpwuid(status.st_uid) {
      user = unsafe String(cString: entry.pointee.pw_name)
    }
    guard status.st_gid != 0, status.st_mode & S_IWGRP != 0 else {
      return SocketOwner(user: user, group: nil)
    }
    var group = "\(status.st_gid)"
    if let entry = unsafe getgrgid(status.st_gid) {
      group = unsafe String(cString: entry.pointee.gr_name)
    }
    return SocketOwner(user: user, group: group)
  }

  func confirm(_ question: String) -> Bool? {
    guard isatty(STDIN_FILENO) == 1, isErrorTerminal else { return nil }
    writeError(question)
    // An answer that can't be read is not a yes.
    let answer = String(
      decoding: (try? SystemContext.readLine()) ?? [], as: UTF8.self)
    return ["y", "yes"].contains(answer.lowercased().filter { !$0.isWhitespace })
  }

  func runApart(_ body: () -> ExitCode) throws(Failure) -> ApartEnding {
    do throws(Errno) {
      // This program has one thread.
      switch try ForkedChild.run({ body().rawValue }) {
      case .exited(let code): return .ended(ExitCode(rawValue: code) ?? .failure)
      case .died(let signal): return .died(signal: signal)
      }
    } catch {
      throw .trouble("no process can be started: \(error)", advice: "")
    }
  }

  func endOnInterrupt() {
    // All output is already written, so nothing is lost.
    _ = signal(SIGINT) { _ in _exit(0) }
  }

  func readSecret(prompt: String) throws(Failure) -> Secret? {
    guard isatty(STDIN_FILENO) == 1 else { return Secret(try SystemContext.readAll()) }
    writeError(prompt)
    defer { writeError("\n") }
    return try QuietTerminal.withoutEcho { () throws(Failure) in
      Secret(try SystemContext.readLine())
    }
  }

  func open(_ path: String) throws(Failure) -> any Input { try ProcessInput(path) }

  var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  func readInput(into room: inout MutableSpan<UInt8>) throws(Errno) -> Int {
    try StandardInput.read(into: &room)
  }

  func readFile(_ path: String, maximumBytes limit: Int) throws(Failure) -> [UInt8] {
    do throws(InputFileError) {
      return try SmallFile.read(path: path, maximumBytes: limit, orPipe: true)
    } catch {
      throw .trouble(
        "`\(DisplayText(path))` can't be read: \(error)",
        advice: "it must be a file of at most \(limit) bytes that you may read")
    }
  }

  var takesOutput: Bool { StandardOutput.isOpen }

  func write(_ text: String) throws(Failure) {
    do throws(Errno) { try StandardOutput.write(text) } catch {
      throw .lostAnswer("can't write to standard output: \(error)")
    }
  }

  func writeError(_ text: String) { StandardError.write(text) }

  /// Reads piped input to its end, so that a second token after the first is noticed.
  private static func readAll() throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: secretLimitBytes)
    do throws(Errno) {
      while bytes.count < secretLimitBytes {
        var span = room.mutableSpan
        let count = try StandardInput.read(into: &span)
        if count == 0 { break }
        bytes += room[..<count]
      }
    } catch {
      throw .trouble("can't read standard input: \(error)", advice: "")
    }
    return bytes
  }

  /// Reads one line, or less at the end of the input.
  private static func readLine() throws(Failure) -> [UInt8] {
    var line: [UInt8] = []
    var byte: [UInt8] = [0]
    do throws(Errno) {
      while line.count < secretLimitBytes {
        var room = byte.mutableSpan
        let count = try StandardInput.read(into: &room)
        // An empty line before the token is skipped, like all white space.
        if count == 0 || (byte[0] == 0x0a && Secret(line) != nil) { break }
        line.append(byte[0])
      }
    } catch {
      throw .trouble("can't read standard input: \(error)", advice: "")
    }
    return line
  }
}

extension SystemContext {
  var monotonicNanoseconds: Int64 {
    var time = timespec()
    // SAFETY: the call fills `time` and keeps no pointer.
    let result = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    precondition(result == 0, "the system has no such clock")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  var screenSize: ScreenSize? {
    guard let kind = variable("TERM"), kind != "dumb" else { return nil }
    return LiveScreen.size
  }

  func takeScreen() { LiveScreen.take() }

  func leaveScreen() { LiveScreen.leave() }

  func wait(untilNanoseconds deadline: Int64) -> WaitOutcome {
    LiveScreen.wait(untilNanoseconds: deadline) { monotonicNanoseconds }
  }
}
