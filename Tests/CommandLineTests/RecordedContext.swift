internal import Platform
internal import postern

/// A world outside that exists in a test only, and remembers what was written to it.
final class RecordedContext: ProcessContext {
  var variables: [String: String] = [:]
  var isRoot = false
  var nowSeconds: Int64 = 1_777_636_800
  var paths: Set<String> = []
  var input = ""
  private var readBytes = 0
  var isInputTerminal = false
  var isErrorTerminal = false
  var screenSize: ScreenSize?
  /// What waits end with, in order; after the last, the time comes.
  var waits: [WaitOutcome] = []
  private(set) var monotonicNanoseconds: Int64 = 0
  private(set) var isScreenTaken = false
  private(set) var prompts: [String] = []
  private(set) var output = ""
  private(set) var errors = ""

  func variable(_ name: String) -> String? {
    guard let value = variables[name], !value.isEmpty else { return nil }
    return value
  }

  func isSet(_ name: String) -> Bool { variables[name] != nil }

  var currentFolder: String? { "/home/ann" }

  func exists(_ path: String) -> Bool { paths.contains(path) }

  func runApart(_ body: () -> ExitCode) throws(Failure) -> ApartEnding { .ended(body()) }

  /// What a person at the terminal answers; nil if none sits there.
  var confirmation: Bool?
  var socketOwner: SocketOwner?
  private(set) var endsOnInterrupt = false

  func socketOwner(_ path: String) -> SocketOwner? { socketOwner }

  func confirm(_ question: String) -> Bool? {
    prompts.append(question)
    return confirmation
  }

  func endOnInterrupt() { endsOnInterrupt = true }

  func readSecret(prompt: String) throws(Failure) -> Secret? {
    prompts.append(prompt)
    return Secret(Array(input.utf8))
  }

  func open(_ path: String) throws(Failure) -> any Input {
    guard path == "-" || paths.contains(path) else {
      throw .trouble("can't read `\(path)`", advice: "")
    }
    return RecordedInput(input)
  }

  var files: [String: String] = [:]

  func readFile(_ path: String, maximumBytes limit: Int) throws(Failure) -> [UInt8] {
    guard let text = files[path], text.utf8.count <= limit else {
      throw .trouble("`\(path)` can't be read", advice: "")
    }
    return Array(text.utf8)
  }

  func readInput(into room: inout MutableSpan<UInt8>) throws(Errno) -> Int {
    let bytes = Array(input.utf8.dropFirst(readBytes).prefix(room.count))
    for index in bytes.indices { room[index] = bytes[index] }
    readBytes += bytes.count
    monotonicNanoseconds += 1_000_000_000
    return bytes.count
  }

  var takesOutput: Bool { true }

  func write(_ text: String) throws(Failure) { output += text }

  func writeError(_ text: String) { errors += text }

  func takeScreen() { isScreenTaken = true }

  func leaveScreen() { isScreenTaken = false }

  func wait(untilNanoseconds deadline: Int64) -> WaitOutcome {
    let outcome = waits.isEmpty ? .elapsed : waits.removeFirst()
    if case .elapsed = outcome { monotonicNanoseconds = deadline }
    return outcome
  }
}

/// What there is to read, in pieces that end anywhere.
final class RecordedInput: Input {
  private var rest: ArraySlice<UInt8>

  init(_ text: String) { rest = Array(text.utf8)[...] }

  var byteCount: Int? { nil }

  func read() throws(Failure) -> [UInt8] {
    let piece = rest.prefix(37)
    rest = rest.dropFirst(37)
    return Array(piece)
  }
}
