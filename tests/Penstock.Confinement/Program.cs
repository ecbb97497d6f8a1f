using System.Globalization;
using Penstock.Confinement;
using Penstock.Testing;

if (args.Length < 3)
{
    Console.Error.WriteLine("usage: Penstock.Confinement NUMBER ERRNO PROGRAM [ARGUMENT...]");
    Console.Error.WriteLine("Runs a program in which system call NUMBER fails with ERRNO.");
    return 2;
}

uint call = uint.Parse(args[0], CultureInfo.InvariantCulture);
int errno = int.Parse(args[1], CultureInfo.InvariantCulture);
SeccompFilter.Install(call, errno);
int error = ProgramImage.Replace(args[2..]);
Console.Error.WriteLine($"{args[2]} cannot be started: error {error}");
return 1;
