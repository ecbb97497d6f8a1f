using System.Text;
using Penstock.KeyValue.Protocol;

namespace Penstock.KeyValue.Tests.Protocol;

public sealed class RespNumberTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("7", 7L)]
    [InlineData("-7", -7L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void A_number_is_read(string text, long expected)
    {
        Assert.True(RespNumber.TryParse(Encoding.ASCII.GetBytes(text), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("-0")]
    [InlineData("007")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1x")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    public void What_redis_does_not_take_for_a_number_is_none(string text) =>
        Assert.False(RespNumber.TryParse(Encoding.ASCII.GetBytes(text), out long _));
}
