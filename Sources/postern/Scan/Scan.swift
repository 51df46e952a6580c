internal import Platform
internal import Tokens

/// One run of `postern scan`: searches files and folders, and prints each find at once.
final class Scan {
  private let invocation: Invocation
  private let judge: LeakJudge
  private let progress: ProgressLine
  private(set) var counts = ScanCounts()
  /// Whether finds go to standard error, since standard output takes nothing.
  private(set) var isOutputLost = false

  init(_ invocation: Invocation, _ judge: LeakJudge) {
    self.invocation = invocation
    self.judge = judge
    progress = ProgressLine(
      invocation.context, afterNanoseconds: 1_000_000_000, everyNanoseconds: 200_000_000)
  }

  /// Scans the operands; `-`, or no operand, is standard input.
  func run(_ operands: [String]) throws(Failure) {
    var window = ScanWindow()
    defer {
      window.wipe()
      progress.clear()
    }
    for operand in operands.isEmpty ? ["-"] : operands {
      if operand == "-" {
        try scanInput(&window)
      } else {
        try scan(operand: FilePath(operand.utf8), &window)
      }
    }
  }

  private func scanInput(_ window: inout ScanWindow) throws(Failure) {
    let context = invocation.context
    if context.isInputTerminal { remark("reading standard input, until Ctrl-D") }
    try scan(contentsOf: .input, &window) { (room) throws(Errno) in
      try context.readInput(into: &room)
    }
  }

  /// Scans an operand, which may also be a link, a pipe or a device, since it was named explicitly.
  private func scan(operand: FilePath, _ window: inout ScanWindow) throws(Failure) {
    let path = ScanPath(operand)
    let kind = attempt(path) { () throws(Errno) in
      try FileKind(at: operand, followingLinks: true)
    }
    guard let kind else { return }
    guard kind != .folder else { return try scan(folder: path, &window) }
    let file = attempt(path) { () throws(Errno) in try FileDescriptor.opening(operand) }
    guard let file else { return }
    try scan(contentsOf: path, &window) { (room) throws(Errno) in
      try file.readWaiting(into: &room)
    }
  }

  /// Scans a folder and its subfolders, in the order of names. Links in it are not followed, so
  /// each file is scanned once.
  private func scan(folder top: ScanPath, _ window: inout ScanWindow) throws(Failure) {
    var pending = list(top, followingLinks: true)
    while let next = pending.popLast() {
      let path = ScanPath(next)
      try scan(nameOf: path)
      let kind = attempt(path) { () throws(Errno) in
        try FileKind(at: next, followingLinks: false)
      }
      switch kind {
      case .regular: try scan(regular: path, &window)
      case .folder: pending += list(path, followingLinks: false)
      case .symbolicLink: counts.links += 1
      case .pipe, .socket, .characterDevice, .blockDevice: counts.specials += 1
      case nil: break
      }
    }
  }

  /// The content of a folder, in reverse order of names.
  private func list(_ folder: ScanPath, followingLinks: Bool) -> [FilePath] {
    let names = attempt(folder) { () throws(Errno) in
      try FolderListing.names(in: folder.path, followingLinks: followingLinks)
    }
    return (names ?? []).reversed().map(folder.path.appending)
  }

  private func scan(regular path: ScanPath, _ window: inout ScanWindow) throws(Failure) {
    let file = attempt(path) { () throws(Errno) in try FileDescriptor.openingInPlace(path.path) }
    guard let file else { return }
    try scan(contentsOf: path, &window) { (room) throws(Errno) in
      switch try file.read(into: &room) {
      case .bytes(let count): return count
      case .endOfFile: return 0
      // A file of another kind has replaced it.
      case .wouldBlock: throw .wouldBlock
      }
    }
  }

  private func scan(
    contentsOf path: ScanPath, _ window: inout ScanWindow,
    _ read: (inout MutableSpan<UInt8>) throws(Errno) -> Int
  ) throws(Failure) {
    counts.files += 1
    window.removeAll()
    try searchUnpacked(path, in: &window, depth: 0, read)
  }

  /// How often what is unpacked is itself unpacked.
  private static var maximumDepth: Int { 3 }
  /// How much is unpacked from gzip within gzip, in bytes: a few seconds' work.
  private static var maximumNestedBytes: Int { 4 << 30 }

  /// Searches an input, unpacked if it is compressed, which its first bytes tell.
  private func searchUnpacked(
    _ path: ScanPath, in window: inout ScanWindow, depth: Int,
    _ read: (inout MutableSpan<UInt8>) throws(Errno) -> Int
  ) throws(Failure) {
    while window.bytes.count < 3, fill(&window, of: path, read) {}
    guard GzipInput.isGzip(window.bytes) else { return try search(path, in: &window, read) }
    guard depth < Self.maximumDepth else {
      try search(path, in: &window, read)
      return remark(unreadable: path, "it is packed more than \(Self.maximumDepth) times")
    }
    let gzip = GzipInput(window.bytes, maximumBytes: depth > 0 ? Self.maximumNestedBytes : nil)
    // Only searched bytes are counted.
    counts.bytes -= UInt64(window.bytes.count)
    window.removeAll()
    try searchUnpacked(path, in: &window, depth: depth + 1) { (room) throws(Errno) in
      try gzip.read(into: &room, read)
    }
    if let problem = gzip.problem { remark(unreadable: path, problem) }
  }

  private func remark(unreadable path: ScanPath, _ problem: String) {
    counts.unreadable += 1
    remark("postern: can't read \(path.name) to its end: \(problem)")
  }

  /// Searches the bytes in the window and all that follow.
  private func search(
    _ path: ScanPath, in window: inout ScanWindow,
    _ read: (inout MutableSpan<UInt8>) throws(Errno) -> Int
  ) throws(Failure) {
    var scanner = InputScanner()
    var isEnded = false
    while true {
      let done = try scanner.scan(window.bytes, isEnded: isEnded) {
        (token, encoding, text) throws(Failure) in
        try report(token, encoding: encoding, text: text, at: path, isInName: false)
      }
      if isEnded { return }
      window.drop(first: done)
      isEnded = !fill(&window, of: path, read)
      progress.show { _ in counts.line }
    }
  }

  /// Reads more; false at the end, or if reading fails.
  private func fill(
    _ window: inout ScanWindow, of path: ScanPath,
    _ read: (inout MutableSpan<UInt8>) throws(Errno) -> Int
  ) -> Bool {
    let added = attempt(path) { () throws(Errno) in try window.fill(read) } ?? 0
    counts.bytes += UInt64(added)
    return added > 0
  }

  /// Scans a file's name, which every user that may list its folder can read.
  private func scan(nameOf path: ScanPath) throws(Failure) {
    var name = path.lastName
    var scanner = TokenScanner()
    _ = try scanner.scan(name.span) { (token, text) throws(Failure) in
      try report(token, encoding: nil, text: text, at: path, isInName: true)
    }
    var span = name.mutableSpan
    SecretMemory.wipe(&span)
  }
}

extension Scan {
  private func report(
    _ token: FoundToken, encoding: EncodedTokenScanner.Encoding?, text: Span<UInt8>,
    at path: ScanPath, isInName: Bool
  ) throws(Failure) {
    counts.tokens += 1
    let state = judge.judge(text, hint: remark)
    if case .revoked = state { counts.revoked += 1 }
    let leak = Leak(
      path: path, isInName: isInName, token: token, encoding: encoding, state: state)
    progress.clear()
    try print(invocation.output == .json ? leak.json : leak.line)
  }

  /// Prints a find. If standard output takes nothing, a scan that revokes goes on and prints to
  /// standard error: someone must learn what was revoked.
  private func print(_ line: String) throws(Failure) {
    guard !isOutputLost else { return remark(line) }
    do throws(Failure) {
      try invocation.print(line)
    } catch {
      guard judge.revokes else { throw error }
      isOutputLost = true
      remark("postern: \(error.sentence)\nhint: the scan goes on and prints its finds here")
      remark(line)
    }
  }

  /// Runs a step that may fail. A failure is reported, and the scan continues without the step.
  private func attempt<Value: ~Copyable>(
    _ path: ScanPath, _ call: () throws(Errno) -> Value
  ) -> Value? {
    do {
      return try call()
    } catch {
      counts.unreadable += 1
      remark("postern: can't read \(path.name): \(error)")
      return nil
    }
  }

  private func remark(_ text: String) {
    progress.clear()
    invocation.remark(text)
  }
}
