using System.Text;
using Penstock.KeyValue.Commands;

namespace Penstock.KeyValue.Tests.Commands;

/// <summary>The sums are those that <c>strtold</c>, an addition and <c>%.17Lf</c> give on x86-64.</summary>
public sealed class LongDoubleTests
{
    [Theory]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("5005.5", "0.1", "5005.60000000000000009")]
    [InlineData("3", "1.1", "4.1")]
    [InlineData("99999999999999999", "1", "100000000000000000")]
    [InlineData("100000000000000000", "1", "100000000000000001")]
    [InlineData("9223372036854775807", "1", "9223372036854775808")]
    [InlineData("18446744073709551615", "1", "18446744073709551616")]
    [InlineData("18446744073709551616", "1", "18446744073709551616")]
    [InlineData("1e30", "-1e30", "0")]
    [InlineData("-0.5", "0.25", "-0.25")]
    [InlineData("-1e-18", "0", "0")]
    [InlineData("0x1.8p1", "0x10", "19")]
    public void A_sum_has_the_digits_of_c(string left, string right, string sum) =>
        Assert.Equal(sum, LongDouble.Add(Parse(left), Parse(right)).ToString());

    [Fact]
    public void Half_of_the_last_place_goes_to_the_even_one()
    {
        // Above 2^64 only every second number exists.
        Assert.Equal("18446744073709551616", LongDouble.Add(Parse("18446744073709551616"), Parse("1")).ToString());
        Assert.Equal("18446744073709551620", LongDouble.Add(Parse("18446744073709551618"), Parse("1")).ToString());
        Assert.Equal("18446744073709551618", Parse("18446744073709551617.0000000000000000000000001").ToString());
    }

    [Theory]
    [InlineData("1e4932", "1e4932", 1)]
    [InlineData("inf", "1", 1)]
    [InlineData("1", "-Infinity", -1)]
    public void A_sum_that_is_too_large_is_infinite(string left, string right, int infinity) =>
        Assert.Equal(infinity, LongDouble.Add(Parse(left), Parse(right))!.Value.Infinity);

    [Fact]
    public void Infinities_of_both_signs_have_no_sum() => Assert.Null(LongDouble.Add(Parse("inf"), Parse("-inf")));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("--1")]
    [InlineData("1.2.3")]
    [InlineData("1_000")]
    [InlineData("1e4933")]
    [InlineData("1e-4952")]
    [InlineData("0x")]
    [InlineData("0xg")]
    [InlineData("0x1p20000")]
    [InlineData("nan")]
    [InlineData("1\0")]
    public void What_is_no_number_or_out_of_range_is_refused(string text) =>
        Assert.False(LongDouble.TryParse(Encoding.Latin1.GetBytes(text), out _));

    [Fact]
    public void A_text_of_more_than_redis_has_room_for_is_refused()
    {
        Assert.True(LongDouble.TryParse(Encoding.ASCII.GetBytes("1." + new string('0', 5117)), out _));
        Assert.False(LongDouble.TryParse(Encoding.ASCII.GetBytes("1." + new string('0', 5118)), out _));
    }

    private static LongDouble Parse(string text)
    {
        Assert.True(LongDouble.TryParse(Encoding.ASCII.GetBytes(text), out LongDouble value));
        return value;
    }
}
