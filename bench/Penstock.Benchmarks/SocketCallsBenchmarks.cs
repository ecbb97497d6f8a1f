using BenchmarkDotNet.Attributes;
using Penstock.Drivers;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;

namespace Penstock.Benchmarks;

/// <summary>
/// What the seam between the readiness adapter and the kernel costs: a message of 64 bytes through a pair of sockets,
/// with the two calls made directly and through <see cref="SocketCalls"/>. See
/// docs/decisions/0011-a-seam-of-socket-calls.md.
/// </summary>
public unsafe class SocketCallsBenchmarks
{
    private const int MessageBytes = 64;

    private readonly byte[] _buffer = GC.AllocateArray<byte>(MessageBytes, pinned: true);
    private readonly int[] _pair = new int[2];
    private readonly SocketCalls _calls = SocketCalls.Native;

    [GlobalSetup]
    public void Setup()
    {
        fixed (int* pair = _pair)
        {
            if (LinuxLibc.SocketPair(pair) < 0)
                throw new InvalidOperationException("There is no pair of sockets.");
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (int descriptor in _pair)
            _ = Libc.Close(descriptor);
    }

    [Benchmark(Baseline = true)]
    public int Direct()
    {
        fixed (byte* buffer = _buffer)
            return Libc.Send(_pair[0], buffer, MessageBytes) + Libc.Receive(_pair[1], buffer, MessageBytes);
    }

    [Benchmark]
    public int ThroughTheSeam()
    {
        fixed (byte* buffer = _buffer)
            return _calls.Send(_pair[0], buffer, MessageBytes) + _calls.Receive(_pair[1], buffer, MessageBytes);
    }
}
