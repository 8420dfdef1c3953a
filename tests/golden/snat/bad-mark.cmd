vpcbox snat apply $F --connmark=0x1ffffffff
