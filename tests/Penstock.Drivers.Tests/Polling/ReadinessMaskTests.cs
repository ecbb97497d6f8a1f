using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

public sealed class ReadinessMaskTests
{
    [Theory]
    [InlineData(0x00, Readiness.None)]
    [InlineData(0x01, Readiness.Readable)]
    [InlineData(0x04, Readiness.Writable)]
    [InlineData(0x08, Readiness.Error)]
    [InlineData(0x10, Readiness.HangUp)]
    [InlineData(0x20, Readiness.Error)]
    [InlineData(0x28, Readiness.Error)]
    [InlineData(0x2000, Readiness.ReadClosed)]
    [InlineData(0x02 | 0x40 | 0x80, Readiness.None)]
    [InlineData(
        0x201D,
        Readiness.Readable | Readiness.Writable | Readiness.ReadClosed | Readiness.HangUp | Readiness.Error)]
    public void Each_bit_of_the_kernel_has_its_flag(uint mask, Readiness readiness) =>
        Assert.Equal(readiness, ReadinessMask.ToReadiness(mask));

    [Fact]
    public void Only_what_is_of_interest_is_asked()
    {
        Assert.Equal(0u, ReadinessMask.From(Interest.None));
        Assert.Equal(ReadinessMask.Out, ReadinessMask.From(Interest.Writable));
        Assert.Equal(ReadinessMask.In, ReadinessMask.From(Interest.Readable) & (ReadinessMask.In | ReadinessMask.Out));
    }
}
