internal import Fleet
internal import Testing

@Suite struct HostClockTests {
  @Test func countsTheLongerMeasureOfEachStretch() {
    var clock = HostClock(boottimeNanoseconds: 1000, rawNanoseconds: 0)
    // BOOTTIME is slewed back: the other counts.
    #expect(clock.read(boottimeNanoseconds: 1090, rawNanoseconds: 100) == 1100)
    // The machine sleeps for less than BOOTTIME lies behind in all.
    #expect(clock.read(boottimeNanoseconds: 1095, rawNanoseconds: 100) == 1105)
    #expect(clock.read(boottimeNanoseconds: 1195, rawNanoseconds: 200) == 1205)
  }
}
