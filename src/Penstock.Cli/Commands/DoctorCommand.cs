using System.CommandLine;
using Penstock.Drivers;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock doctor</c>: what works on this machine, and why the rest does not.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command(
            "doctor", "Tries every I/O mechanism on this machine and says why one does not work.");
        command.SetAction(_ => Run(Console.Out));
        return command;
    }

    private static int Run(TextWriter output)
    {
        IReadOnlyList<MechanismReport> reports = DriverProbe.Examine();
        foreach (MechanismReport report in reports)
            output.WriteLine($"{IoNames.Of(report.Mechanism),-23}{report.Refusal ?? "works"}");

        IoMechanism best = DriverProbe.Best;
        output.WriteLine($"--io auto is {IoNames.Of(best)} here.");
        return ExitCode.Success;
    }
}
