internal import Glibc
internal import Platform

/// The clocks of a daemon, which a test may set: see `Tests/Trials/clock/clock.c`.
@safe package final class SettableClock {
  package static let second: Int64 = 1_000_000_000
  package static let hour = 3600 * second
  package static let year = 365 * 24 * hour

  private let folder = TemporaryFolder()
  // SAFETY: mapped in init, of a file that holds as many numbers; unmapped in deinit.
  private let numbers: UnsafeMutablePointer<Int64>
  private static let byteCount = 4096

  package init() throws {
    let path = "\(folder.path)/clock"
    let file = FileDescriptor(
      owning: try SystemCall.value { unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) })
    let number = file.rawValue
    _ = try SystemCall.value { ftruncate(number, Self.byteCount) }
    let map = unsafe mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0)
    guard unsafe map != MAP_FAILED, let address = unsafe map else {
      throw FixtureError("the clock's file can't be mapped")
    }
    unsafe numbers = address.bindMemory(to: Int64.self, capacity: Self.byteCount / 8)
  }

  deinit { unsafe munmap(numbers, Self.byteCount) }

  /// What the wall clock is ahead of the machine's, in nanoseconds.
  package var wallNanoseconds: Int64 {
    get { unsafe numbers[0] }
    set { unsafe numbers[0] = newValue }
  }

  /// The machine sleeps: every clock moves on, and no program does.
  package func sleep(nanoseconds: Int64) {
    unsafe numbers[0] += nanoseconds
    unsafe numbers[1] += nanoseconds
  }

  /// Whether the kernel says that the wall clock is synchronized.
  package var isSynchronized: Bool {
    get { unsafe numbers[2] != 0 }
    set { unsafe numbers[2] = newValue ? 1 : 0 }
  }

  /// Whether each sync waits.
  package var isDiskHanging: Bool {
    get { unsafe numbers[3] != 0 }
    set { unsafe numbers[3] = newValue ? 1 : 0 }
  }

  /// What the monotonic clock is ahead of the machine's, in nanoseconds: as if all that is under
  /// way had taken so much longer.
  package var monotonicNanoseconds: Int64 {
    get { unsafe numbers[4] }
    set { unsafe numbers[4] = newValue }
  }

  /// What a program needs in its environment to have these clocks.
  package func environment() throws -> [String: String] {
    [
      "LD_PRELOAD": try Self.library.get(), "POSTERN_TRIAL_CLOCK": "\(folder.path)/clock",
      // The sanitizer wants to be loaded first, and does without.
      "ASAN_OPTIONS": "verify_asan_link_order=0",
    ]
  }

  /// The library, compiled once for all tests of this process.
  private static let library: Result<String, FixtureError> = {
    let path = Daemon.program("trial-clock.so")
    let partial = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max))"
    var source = #filePath.split(separator: "/").dropLast(2).map(String.init)
    source += ["Trials", "clock", "clock.c"]
    do {
      let compiler = try ChildProcess(
        "/usr/bin/env",
        ["cc", "-shared", "-fPIC", "-O2", "-o", partial, "/" + source.joined(separator: "/")],
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
      guard try compiler.wait() == .exited(0) else {
        return .failure(FixtureError("the clock can't be compiled: \(compiler.wholeOutput())"))
      }
      _ = try SystemCall.value { unsafe rename(partial, path) }
      return .success(path)
    } catch {
      return .failure(FixtureError("the clock can't be compiled: \(error)"))
    }
  }()
}
