using System.Runtime.InteropServices;

namespace Penstock.Testing;

/// <summary>Forbids a thread one system call, as the engines of containers do.</summary>
/// <remarks>
/// A filter cannot be taken off again. It binds the thread that installed it and what this one starts: threads,
/// processes, and the program that takes its place. See seccomp(2).
/// </remarks>
internal static unsafe partial class SeccompFilter
{
    private const int SetSeccomp = 22;
    private const int FilterMode = 2;
    private const int SetNoNewPrivileges = 38;

    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint ReturnError = 0x0005_0000;
    private const uint ReturnAllow = 0x7fff_0000;

    /// <summary>From here on system call <paramref name="number"/> fails with <paramref name="errno"/> on this
    /// thread.</summary>
    public static void Install(uint number, int errno)
    {
        // The number is the first word of what a filter sees.
        Instruction* program = stackalloc Instruction[]
        {
            new() { Code = LoadWord, Value = 0 },
            new() { Code = JumpIfEqual, IfFalse = 1, Value = number },
            new() { Code = Return, Value = ReturnError | (uint)errno },
            new() { Code = Return, Value = ReturnAllow },
        };
        BpfProgram filter = new() { Length = 4, Instructions = program };
        Check(prctl(SetNoNewPrivileges, 1, 0, 0, 0));
        Check(prctl(SetSeccomp, FilterMode, (nint)(&filter), 0, 0));
    }

    private static void Check(int result)
    {
        if (result != 0)
            throw new InvalidOperationException($"prctl failed with error {Marshal.GetLastSystemError()}.");
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
    private struct BpfProgram
    {
        public ushort Length;
        public Instruction* Instructions;
    }
}
