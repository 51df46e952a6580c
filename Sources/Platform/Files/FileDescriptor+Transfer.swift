internal import CLinux
internal import Glibc

extension FileDescriptor {
  /// Reads once into the start of `buffer`, which may not be empty.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> ReadOutcome {
    // An empty buffer would make the kernel's 0 look like the end of the file.
    precondition(buffer.count > 0, "a read needs room")
    let descriptor = rawValue
    do {
      // SAFETY: the kernel writes at most `count` bytes at the buffer's start.
      let count = try SystemCall.value {
        unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      }
      return count == 0 ? .endOfFile : .bytes(count)
    } catch {
      if error == .wouldBlock { return .wouldBlock }
      throw error
    }
  }

  /// Reads once into the start of `buffer`, which may not be empty.
  package func read(into buffer: inout MutableRawSpan) throws(Errno) -> ReadOutcome {
    // SAFETY: the pointer doesn't leave the closure.
    unsafe try buffer.withUnsafeMutableBytes { (bytes) throws(Errno) in
      unsafe try read(into: bytes)
    }
  }

  /// Reads once into the start of `room`, which may not be empty.
  package func read(into room: inout MutableSpan<UInt8>) throws(Errno) -> ReadOutcome {
    // SAFETY: bytes of a trivial type, of which any value is valid.
    var raw = unsafe room.mutableBytes
    return try read(into: &raw)
  }

  /// Reads once, and waits if nothing is there yet; 0 at the end.
  package func readWaiting(into room: inout MutableSpan<UInt8>) throws(Errno) -> Int {
    while true {
      switch try read(into: &room) {
      case .bytes(let count): return count
      case .endOfFile: return 0
      case .wouldBlock: _ = try waitUntilReadable(timeoutMilliseconds: nil)
      }
    }
  }

  /// Writes once, to a file or pipe. Sockets use `send`, which raises no `SIGPIPE`.
  package func write(_ bytes: Span<UInt8>) throws(Errno) -> WriteOutcome {
    let descriptor = rawValue
    // SAFETY: the kernel reads at most `count` bytes, and the pointer doesn't leave the closure.
    return unsafe try bytes.withUnsafeBytes { (buffer) throws(Errno) in
      try Self.outcome { unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count) }
    }
  }

  /// Writes all of `bytes` to a file or pipe. Waits for room without a timeout.
  package func writeAll(_ bytes: Span<UInt8>) throws(Errno) {
    var written = 0
    while written < bytes.count {
      switch try write(bytes.extracting(droppingFirst: written)) {
      case .bytes(let count): written += count
      case .wouldBlock: _ = try waitUntilWritable(timeoutMilliseconds: nil)
      }
    }
  }

  /// Sends once on a socket. A closed peer gives `Errno.brokenPipe` and no signal.
  package func send(_ bytes: Span<UInt8>) throws(Errno) -> WriteOutcome {
    // SAFETY: the pointer doesn't leave the closure.
    unsafe try bytes.withUnsafeBytes { (buffer) throws(Errno) in
      unsafe try send(buffer)
    }
  }

  /// Sends once on a socket. A closed peer gives `Errno.brokenPipe` and no signal.
  package func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> WriteOutcome {
    let descriptor = rawValue
    // SAFETY: the kernel reads at most `count` bytes.
    return try Self.outcome { unsafe clinux_send(descriptor, bytes.baseAddress, bytes.count) }
  }

  /// Sends all of `bytes` on a socket. Waits for room without a timeout.
  package func sendAll(_ bytes: Span<UInt8>) throws(Errno) {
    var sent = 0
    while sent < bytes.count {
      switch try send(bytes.extracting(droppingFirst: sent)) {
      case .bytes(let count): sent += count
      case .wouldBlock: _ = try waitUntilWritable(timeoutMilliseconds: nil)
      }
    }
  }

  private static func outcome(_ call: () -> Int) throws(Errno) -> WriteOutcome {
    do {
      return .bytes(try SystemCall.value(call))
    } catch {
      if error == .wouldBlock { return .wouldBlock }
      throw error
    }
  }
}

extension FileDescriptor {
  /// Writes all of `bytes` at an offset of a file.
  package func write(_ bytes: Span<UInt8>, at offset: Int) throws(Errno) {
    let descriptor = rawValue
    var written = 0
    while written < bytes.count {
      // SAFETY: the kernel reads at most `count` bytes, and the pointer doesn't leave the closure.
      let count = unsafe try bytes.extracting(written..<bytes.count).withUnsafeBytes {
        (rest) throws(Errno) in
        try SystemCall.value {
          unsafe pwrite(descriptor, rest.baseAddress, rest.count, offset + written)
        }
      }
      guard count > 0 else { throw .noSpace }
      written += count
    }
  }

  /// Fills `room` from an offset of a file, or up to its end. Returns how many bytes were read.
  @discardableResult
  package func read(into room: inout MutableSpan<UInt8>, at offset: Int) throws(Errno) -> Int {
    let descriptor = rawValue
    // SAFETY: bytes of a trivial type, of which any value is valid; the kernel writes at most
    // `count` of them, and the pointer doesn't leave the closure.
    return unsafe try room.withUnsafeMutableBytes { (bytes) throws(Errno) in
      var count = 0
      while count < bytes.count {
        let more = try SystemCall.value {
          unsafe pread(
            descriptor, bytes.baseAddress?.advanced(by: count), bytes.count - count, offset + count)
        }
        if more == 0 { break }
        count += more
      }
      return count
    }
  }

  /// Returns when the written data of a file is on the disk (fdatasync).
  package func syncData() throws(Errno) {
    let descriptor = rawValue
    _ = try SystemCall.value { fdatasync(descriptor) }
  }
}

/// The result of a successful read.
package enum ReadOutcome: Sendable, Equatable {
  /// The number of bytes read, at least one, at the start of the buffer.
  case bytes(Int)
  /// The peer will send nothing more, or the file ends here.
  case endOfFile
  /// There is nothing to read now, and the descriptor is nonblocking.
  case wouldBlock
}

/// The result of a successful write.
package enum WriteOutcome: Sendable, Equatable {
  /// The number of bytes written from the start of the buffer, perhaps not all.
  case bytes(Int)
  /// There is no room, and the descriptor is nonblocking.
  case wouldBlock
}
