using System.Buffers;
using System.Text;
using Penstock.KeyValue.Protocol;

namespace Penstock.KeyValue.Tests.Protocol;

public sealed class RespParserTests
{
    private static readonly RespLimits Limits = new(1_000, 10_000);

    [Theory]
    [InlineData("*1\r\n$4\r\nPING\r\n", "PING")]
    [InlineData("*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "GET,")]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nabc\r\ndef\r\ngh\r\n", "SET,k,abc\r\ndef\r\ngh")]
    [InlineData("*0\r\n", "")]
    [InlineData("*-1\r\n", "")]
    [InlineData("PING\r\n", "PING")]
    [InlineData("  set  k\tv \n", "set,k,v")]
    [InlineData("\r\n", "")]
    [InlineData("set k \"a b\\r\\n\\x41\\\"\"\r\n", "set,k,a b\r\nA\"")]
    [InlineData("set k 'a \\x \\' b'\r\n", "set,k,a \\x ' b")]
    [InlineData("set k \"\"\r\n", "set,k,")]
    public void A_command_is_the_same_however_its_bytes_are_cut(string text, string expected)
    {
        byte[] input = Encoding.Latin1.GetBytes(text);
        Assert.Equal(expected, Words(input, ParseWhole(input)));

        var arguments = new RespArguments();
        for (int length = 0; length < input.Length; length++)
        {
            OperationStatus status = RespParser.Parse(input.AsSpan(0, length), arguments, Limits, out _);
            Assert.Equal(OperationStatus.NeedMoreData, status);
        }
        Assert.Equal(OperationStatus.Done, RespParser.Parse(input, arguments, Limits, out _));
        Assert.Equal(input.Length, arguments.Position);
        Assert.Equal(expected, Words(input, arguments));
    }

    [Theory]
    [InlineData("*x\r\n", "invalid multibulk length")]
    [InlineData("*1001\r\n", "invalid multibulk length")]
    [InlineData("*99999999999999999999\r\n", "invalid multibulk length")]
    [InlineData("*+1\r\n", "invalid multibulk length")]
    [InlineData("*01\r\n", "invalid multibulk length")]
    [InlineData("*1\r\n:4\r\n", "expected '$', got ':'")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$x\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$10001\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$ 5\r\n", "invalid bulk length")]
    [InlineData("get \"unbalanced\r\n", "unbalanced quotes in request")]
    [InlineData("get \"a\"b\r\n", "unbalanced quotes in request")]
    public void Nonsense_is_refused_in_redis_words(string text, string expected) =>
        Assert.Equal(expected, Refusal(Encoding.Latin1.GetBytes(text), Limits));

    [Theory]
    [InlineData('a', "too big inline request")]
    [InlineData('*', "too big mbulk count string")]
    public void A_line_without_an_end_is_given_up(char first, string expected)
    {
        byte[] input = Encoding.Latin1.GetBytes(first + new string('1', 64 * 1024 + 1));
        Assert.Equal(expected, Refusal(input, Limits));
    }

    [Fact]
    public void Who_has_not_given_the_password_gets_little_memory()
    {
        RespLimits limits = RespLimits.Unauthenticated;
        Assert.Equal("unauthenticated multibulk length", Refusal("*11\r\n"u8, limits));
        Assert.Equal("unauthenticated bulk length", Refusal("*1\r\n$16385\r\n"u8, limits));
    }

    [Fact]
    public void Random_bytes_never_throw_and_never_go_past_the_end()
    {
        var random = new Random(7);
        byte[] alphabet = "*$0123456789\r\n\"'\\ abGET-"u8.ToArray();
        for (int round = 0; round < 50_000; round++)
        {
            byte[] input = new byte[random.Next(1, 40)];
            foreach (ref byte value in input.AsSpan())
                value = alphabet[random.Next(alphabet.Length)];
            var arguments = new RespArguments();
            OperationStatus status = RespParser.Parse(input, arguments, Limits, out string? error);
            Assert.Equal(status == OperationStatus.InvalidData, error is not null);
            if (status != OperationStatus.Done)
                continue;
            Assert.InRange(arguments.Position, 1, input.Length);
            Assert.NotNull(Words(input, arguments));
        }
    }

    private static string? Refusal(ReadOnlySpan<byte> input, RespLimits limits)
    {
        OperationStatus status = RespParser.Parse(input, new RespArguments(), limits, out string? error);
        Assert.Equal(OperationStatus.InvalidData, status);
        return error;
    }

    private static RespArguments ParseWhole(byte[] input)
    {
        var arguments = new RespArguments();
        Assert.Equal(OperationStatus.Done, RespParser.Parse(input, arguments, Limits, out _));
        Assert.Equal(input.Length, arguments.Position);
        return arguments;
    }

    private static string Words(byte[] input, RespArguments arguments)
    {
        byte[] source = arguments.Inline ?? input;
        return string.Join(',', Enumerable.Range(0, arguments.Count)
            .Select(i => Encoding.Latin1.GetString(source, arguments[i].Start, arguments[i].Length)));
    }
}
