import Vault
print("x")
