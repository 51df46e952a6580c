internal import Fleet
internal import Testing

@Suite struct HostClockTests {
  @Test func countsTheLongerMeasureOfEachStretch() {
    var clock = HostClock(nanoseconds: 1000, boottimeNanoseconds: 1000, rawNanoseconds: 0)
    // BOOTTIME is slewed back: the other counts.
    #expect(clock.read(boottimeNanoseconds: 1090, rawNanoseconds: 100) == 1100)
    // The machine sleeps for less than BOOTTIME lies behind in all.
    #expect(clock.read(boottimeNanoseconds: 1095, rawNanoseconds: 100) == 1105)
    #expect(clock.time(boottimeNanoseconds: 1195, rawNanoseconds: 200) == 1205)
  }

  @Test func countsASleepThatASlewHides() {
    var clock = HostClock(boottimeNanoseconds: 0, rawNanoseconds: 0)
    // It ran for 100 of its seconds, slewed back by a tenth, and slept for 50.
    #expect(clock.resume(boottimeNanoseconds: 140, rawNanoseconds: 100) >= 150)
  }
}
