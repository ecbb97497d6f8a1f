using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Penstock.Drivers.Tests.IoUring;

/// <summary>
/// Runs code on a thread that may not make one system call, as containers forbid it: by a seccomp
/// filter.
/// </summary>
/// <remarks>
/// A filter cannot be taken off again, but it binds only its thread and the threads and processes that this one starts,
/// so the code must start neither.
/// </remarks>
internal static unsafe partial class SystemCallFilter
{
    private const int SetSeccomp = 22;
    private const int FilterMode = 2;
    private const int SetNoNewPrivileges = 38;

    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint ReturnError = 0x0005_0000;
    private const uint ReturnAllow = 0x7fff_0000;

    /// <summary>What <paramref name="code"/> returns where system call <paramref name="number"/> fails with
    /// <paramref name="errno"/>.</summary>
    public static T Run<T>(uint number, int errno, Func<T> code)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Install(number, errno);
                result = code();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    private static void Install(uint number, int errno)
    {
        // The number is the first word of what a filter sees.
        Instruction* program = stackalloc Instruction[]
        {
            new() { Code = LoadWord, Value = 0 },
            new() { Code = JumpIfEqual, IfFalse = 1, Value = number },
            new() { Code = Return, Value = ReturnError | (uint)errno },
            new() { Code = Return, Value = ReturnAllow },
        };
        Program filter = new() { Length = 4, Instructions = program };
        Assert.Equal(0, prctl(SetNoNewPrivileges, 1, 0, 0, 0));
        Assert.Equal(0, prctl(SetSeccomp, FilterMode, (nint)(&filter), 0, 0));
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [StructLayout(LayoutKind.Sequential)]
    private struct Instruction
    {
        public ushort Code;
        public byte IfTrue;
        public byte IfFalse;
        public uint Value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;
        public Instruction* Instructions;
    }
}
