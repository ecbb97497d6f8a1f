using System.Runtime.InteropServices;
using Penstock.KeyValue.Commands;

namespace Penstock.KeyValue.Protocol;

/// <summary>
/// The first bytes of the last command, up to its arguments, as in <c>*2\r\n$3\r\nGET\r\n</c>. Clients say the same
/// thing again and again: when the next command begins with the same bytes, its count, its name and what it calls are
/// known from two comparisons.
/// </summary>
internal struct CommandHeader
{
    private const int MaxBytes = 16;

    private ulong _low;
    private ulong _high;
    private ulong _lowMask;
    private ulong _highMask;
    private int _length;
    private int _expected;
    private int _nameStart;
    private int _nameLength;

    /// <summary>What the command calls; null when no header is remembered.</summary>
    public Command? Command { get; private set; }

    /// <summary>
    /// If the input begins with the header, goes behind it: the arguments are as if they had been parsed to there.
    /// </summary>
    public readonly bool TryTake(ReadOnlySpan<byte> input, RespArguments arguments)
    {
        if (Command is null || input.Length < MaxBytes)
            return false;
        ulong low = MemoryMarshal.Read<ulong>(input);
        ulong high = MemoryMarshal.Read<ulong>(input[sizeof(ulong)..]);
        if ((low & _lowMask) != _low || (high & _highMask) != _high)
            return false;
        arguments.Expected = _expected;
        arguments.Add(_nameStart, _nameLength);
        arguments.Position = _length;
        return true;
    }

    /// <summary>Remembers the header of a whole command that calls something, if it is short enough.</summary>
    public void Remember(ReadOnlySpan<byte> input, RespArguments arguments, Command command)
    {
        (int start, int length) = arguments[0];
        int end = start + length + 2;
        if (arguments.Inline is not null || end > MaxBytes || input.Length < MaxBytes)
            return;
        Command = command;
        _length = end;
        _expected = arguments.Expected;
        _nameStart = start;
        _nameLength = length;
        _lowMask = MaskOf(end);
        _highMask = MaskOf(end - sizeof(ulong));
        _low = MemoryMarshal.Read<ulong>(input) & _lowMask;
        _high = MemoryMarshal.Read<ulong>(input[sizeof(ulong)..]) & _highMask;
    }

    /// <summary>The first bytes of a word as they lie in memory.</summary>
    private static ulong MaskOf(int bytes)
    {
        if (bytes <= 0)
            return 0;
        if (bytes >= sizeof(ulong))
            return ulong.MaxValue;
        ulong low = (1UL << (bytes * 8)) - 1;
        return BitConverter.IsLittleEndian ? low : ~(ulong.MaxValue >> (bytes * 8));
    }
}
